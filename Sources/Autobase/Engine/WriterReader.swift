import CompactEncoding
import Hypercore

/// Where a writer's messages come from.
protocol MessageSource {
  /// Number of messages.
  var length: UInt64 { get }
  /// The message at a 1-based length.
  ///
  /// - Throws: `DecodingError` when the block is no message, `LogError.blockNotAvailable` when it is not here.
  func message(_ length: UInt64) throws -> OplogMessage
}

/// A writer's messages in its log.
final class LoggedMessages: MessageSource {
  let log: any WriterLog
  private let keys: BlockKeys
  /// The encryption, with the newest key it knows.
  private var cipher: (newest: UInt32, encryption: any BlockEncryption)?

  init(log: any WriterLog, keys: BlockKeys) {
    self.log = log
    self.keys = keys
  }

  var length: UInt64 { log.length }

  func message(_ length: UInt64) throws -> OplogMessage {
    let block = try log.block(at: length - 1)
    return try OplogMessage(decoding: encryption()?.decrypt(block, at: length - 1) ?? block)
  }

  /// A message as stored at a 1-based length.
  func encode(_ message: OplogMessage, length: UInt64) throws -> [UInt8] {
    let block = message.encoded()
    return try encryption()?.encrypt(block, at: length - 1, fork: 0) ?? block
  }

  /// The encryption depends on the manifest, which is known when there are blocks.
  private func encryption() -> (any BlockEncryption)? {
    if keys.encryptionKey == nil { return nil }
    if let cipher, cipher.newest == keys.newest { return cipher.encryption }
    guard let encryption = keys.writer(log.key, log.manifest) else { return nil }
    cipher = (keys.newest, encryption)
    return encryption
  }
}

/// Reads one writer's log into the graph, a whole atomic batch at a time (spec 03 §3.2).
final class WriterReader {
  let key: Fixed32
  let source: any MessageSource
  let window: WriterWindow
  /// Messages of the batch that comes next, as far as they were read.
  private var pending: [OplogMessage] = []
  /// A block that is no message freezes the writer: nothing behind it is read.
  private(set) var isFrozen = false
  /// The node of another writer that the next batch references and that is not in the graph.
  private(set) var missing: Checkout?
  /// The length of the node at whose block the log ends for now, because that is not stored.
  private(set) var unstored: UInt64?
  /// A block that the newest one points to, and that is not stored.
  var missingBlock: UInt64?
  /// Whether that one has come.
  var hasMissingBlock: Bool { missingBlock.map { (try? source.message($0 + 1)) != nil } ?? false }
  /// Where it began to be read.
  let start: UInt64
  /// Writers whose next nodes reference one of this writer that is not in the graph yet; while logs are being read.
  var waiters: [WriterReader] = []
  /// The length that somebody said it has.
  var announcedLength: UInt64 = 0

  init(key: Fixed32, source: any MessageSource, window: WriterWindow) {
    self.key = key
    self.source = source
    self.window = window
    start = window.offset
  }

  /// Whether all of the log is in the graph.
  var isIdle: Bool { window.length >= source.length }

  enum Outcome {
    /// So many nodes were added.
    case added(Int)
    /// A node references another writer's node that is not in the graph yet.
    case waits(for: Checkout, of: WriterReader)
    /// Nothing more is stored, or what comes next is no message.
    case exhausted
  }

  /// Adds the next batch to the graph, if it is here with all it references.
  func loadBatch(into linearizer: Linearizer, open: (Fixed32) throws -> WriterReader) throws -> Outcome {
    missing = nil
    unstored = nil
    guard try readBatch() else { return .exhausted }
    for message in pending {
      for head in message.heads where head.key != key {
        let other = try open(head.key)
        if other.window.length < head.length {
          missing = head
          return .waits(for: head, of: other)
        }
      }
    }
    for message in pending {
      linearizer.add(
        to: window, batch: message.batch, value: message.value, heads: message.heads,
        isOptimistic: message.optimistic ?? false)
    }
    defer { pending.removeAll(keepingCapacity: pending.count < 64) }
    return .added(pending.count)
  }

  /// What stands in the way of the next node, found without adding it: a base that only looks at what another process
  /// orders would not know otherwise.
  ///
  /// - Parameter isHere: whether a node of another writer is stored.
  func lookAhead(isHere: (Checkout) throws -> Bool) rethrows -> (isFrozen: Bool, missing: Checkout?) {
    guard !isFrozen, missing == nil, pending.isEmpty, !isIdle else { return (isFrozen, missing) }
    let length = window.length + 1
    let message: OplogMessage
    do { message = try source.message(length) } catch {
      return (error is DecodingError || error is EncryptionError, nil)
    }
    guard isInSequence(message, length) else { return (true, nil) }
    return (false, try message.heads.first { try $0.key != key && !isHere($0) })
  }

  /// Reads messages up to the end of the next batch; false when it is not all here.
  private func readBatch() throws -> Bool {
    while pending.last?.batch != 1 {
      let length = window.length + UInt64(pending.count) + 1
      guard !isFrozen, length <= source.length else { return false }
      do {
        let message = try source.message(length)
        guard isInSequence(message, length) else {
          isFrozen = true
          return false
        }
        pending.append(message)
      } catch is DecodingError {
        isFrozen = true
        return false
      } catch is EncryptionError {
        isFrozen = true
        return false
      } catch LogError.blockNotAvailable {
        unstored = length
        return false
      }
    }
    return true
  }

  private func isInSequence(_ message: OplogMessage, _ length: UInt64) -> Bool {
    guard message.batch > 0, !message.heads.contains(where: { $0.key == key && $0.length >= length }) else {
      return false
    }
    guard let previous = pending.last else { return true }
    return previous.batch == message.batch + 1
  }
}
