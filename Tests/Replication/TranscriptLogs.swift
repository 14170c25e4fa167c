import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport

@testable import Replication

/// One log of a transcript on both sides, made so that it is what the recorded messages say.
struct TranscriptLogs {
  let transcript: Transcript
  let id: [UInt8]
  let manifest: Manifest
  /// Signs the log; nil when the manifest names no key pair of the vectors.
  let keyPair: KeyPair?

  /// - Parameter keyPair: signs the log if the manifest names it.
  init(_ transcript: Transcript, key: Fixed32, keyPair pair: KeyPair = testKeyPair(7)) throws {
    self.transcript = transcript
    id = discoveryKey(of: key).bytes
    let sent: [DataMessage] = try transcript.sent(.data, by: "A", id: id) + transcript.sent(.data, by: "B", id: id)
    let told = sent.compactMap(\.proof.manifest).first
    manifest = told ?? Manifest(publicKey: pair.publicKey)
    guard manifest.key == key else { throw VectorError("the manifest is not that of the log") }
    keyPair = manifest.signers.contains { $0.publicKey == pair.publicKey } ? pair : nil
  }

  // MARK: Contents

  private typealias Content = (UInt64) -> [UInt8]

  /// What blocks may be made of: a text and the index, for the texts of all blocks that were recorded and those of the
  /// vectors' notes; or growing runs of one byte.
  private func contents(_ values: [UInt64: [UInt8]]) -> [Content] {
    var prefixes = ["block", "fork", "new", "evil"]
    for (index, value) in values.sorted(by: { $0.key < $1.key }) {
      let text = String(decoding: value, as: UTF8.self)
      if text.hasSuffix("-\(index)") { prefixes.insert(String(text.dropLast("-\(index)".count)), at: 0) }
    }
    return prefixes.map { prefix in { Array("\(prefix)-\($0)".utf8) } } + [
      { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 10 + Int($0)) }
    ]
  }

  /// Blocks of a side at a fork: the content whose tree has all the nodes that were recorded.
  func blocks(of side: String, fork: UInt64, after shared: [[UInt8]], to length: UInt64) throws -> [[UInt8]] {
    let sent: [DataMessage] = try transcript.sent(.data, by: side, id: id)
    let proofs = sent.map(\.proof).filter { $0.fork == fork }
    var nodes: [TreeNode] = []
    var values: [UInt64: [UInt8]] = [:]
    for proof in proofs {
      nodes += (proof.block?.nodes ?? []) + (proof.hash?.nodes ?? []) + (proof.seek?.nodes ?? [])
      nodes += (proof.upgrade?.nodes ?? []) + (proof.upgrade?.additionalNodes ?? [])
      if let block = proof.block { values[block.index] = block.value }
    }
    for content in contents(values) {
      var blocks = shared
      while UInt64(blocks.count) < length { blocks.append(content(UInt64(blocks.count))) }
      var batch = MerkleBatch(MerkleTree())
      batch.append(contentsOf: blocks)
      let table = NodeTable(batch.nodes)
      let fits = nodes.allSatisfy {
        $0.index >= 2 * length || table.node(at: $0.index) == nil || table.node(at: $0.index) == $0
      }
      if fits && values.allSatisfy({ $0.key >= length || blocks[Int($0.key)] == $0.value }) { return blocks }
    }
    throw VectorError("\(transcript.name): the blocks of \(side) at fork \(fork) are not known")
  }

  // MARK: Logs

  /// A side's log as it was when the connection was made, in a store.
  func initial(_ side: String, in store: Corestore) throws -> Hypercore {
    let other = side == "A" ? "B" : "A"
    let frames =
      transcript.segments.map(\.frames).first { frames in
        frames.contains { $0.from == side && $0.messages.contains { $0.kind == .message(.sync) && $0.id == id } }
      } ?? []
    let syncs: [SyncMessage] = try Transcript.sent(.sync, by: side, id: id, in: frames)
    let ranges: [RangeMessage] = try Transcript.sent(.range, by: side, id: id, in: frames)
    guard let first = syncs.first, first.length > 0 || first.hasManifest else {
      return try store.get(key: manifest.key)
    }
    guard first.fork == 0 else {
      // The other side has the log as it was, and drops what was cut off.
      let others: [SyncMessage] = try transcript.sent(.sync, by: other, id: id)
      let drops: [RangeMessage] = try transcript.sent(.range, by: other, id: id)
      guard let old = others.first, let cut = drops.first(where: \.drop) else { throw VectorError("no old log") }
      let log = try writer(blocks(of: other, fork: 0, after: [], to: old.length), in: store)
      try log.truncate(to: cut.start, fork: first.fork)
      try extend(log, of: side, to: first.length)
      return log
    }
    let all = try blocks(of: side, fork: 0, after: [], to: first.length)
    if let range = ranges.first {
      if side == "B" { return try reader(of: writer(all, in: .inMemory()), blocks: Array(0..<range.length), in: store) }
      let log = try writer(all, in: store)
      if range.length < first.length { try log.clear(range.length..<range.length + 1) }
      return log
    }
    let bitfields: [BitfieldMessage] = try transcript.sent(.bitfield, by: side, id: id)
    let anyRanges: [RangeMessage] = try transcript.sent(.range, by: side, id: id)
    guard first.length > 0 else { return try writer([], in: store) }
    var held: [UInt64] = anyRanges.prefix(1).filter { !$0.drop && bitfields.isEmpty }.map(\.start)
    for bitfield in bitfields.prefix(1) {
      for (word, bits) in bitfield.words.enumerated() {
        for bit in 0..<32 where bits >> bit & 1 != 0 { held.append(bitfield.start + UInt64(32 * word + bit)) }
      }
    }
    return try reader(of: writer(all, in: .inMemory()), blocks: held, in: store)
  }

  /// A log that is signed here.
  func writer(_ blocks: [[UInt8]], in store: Corestore) throws -> Hypercore {
    let log = try store.get(key: manifest.key, manifest: manifest, keyPair: keyPair)
    try append(blocks, to: log)
    return log
  }

  private func append(_ blocks: [[UInt8]], to log: Hypercore) throws {
    var blocks = blocks
    if let prologue = manifest.prologue, log.length < prologue.length {
      try log.append(trusted: Array(blocks.prefix(Int(prologue.length))), signature: nil)
      blocks.removeFirst(min(blocks.count, Int(prologue.length)))
    }
    if !blocks.isEmpty { try log.append(blocks) }
  }

  /// Appends what the side appended.
  func extend(_ log: Hypercore, of side: String, to length: UInt64) throws {
    let shared = try (0..<log.length).map { try log.block(at: $0) }
    let all = try blocks(of: side, fork: log.fork, after: shared, to: length)
    try append(Array(all[shared.count...]), to: log)
  }

  /// A copy of a log with some of its blocks.
  func reader(of writer: Hypercore, blocks: [UInt64], in store: Corestore) throws -> Hypercore {
    let log = try store.get(key: manifest.key)
    try log.setManifest(manifest)
    try log.apply(writer.proof(for: .init(upgrade: .init(start: 0, length: writer.length), manifest: true)))
    for index in blocks { try Self.copy(index, from: writer, to: log) }
    return log
  }

  static func copy(_ index: UInt64, from source: Hypercore, to target: Hypercore) throws {
    let nodes = try target.missingNodes(block: index)
    try target.apply(source.proof(for: .init(block: .init(index: index, nodes: nodes))))
  }

  /// Does to a side's log what its messages of a segment tell.
  func change(_ log: Hypercore, of side: String, in frames: [Transcript.Frame]) throws {
    let syncs: [SyncMessage] = try Transcript.sent(.sync, by: side, id: id, in: frames)
    let ranges: [RangeMessage] = try Transcript.sent(.range, by: side, id: id, in: frames)
    if log.keyPair != nil, let new = syncs.last(where: { $0.fork != log.fork || $0.length > log.length }) {
      if new.fork > log.fork { try log.truncate(to: ranges.first(where: \.drop)?.start ?? new.length, fork: new.fork) }
      if new.length > log.length { try extend(log, of: side, to: new.length) }
      return
    }
    guard syncs.isEmpty, side == "A" else { return }
    for range in ranges {
      if range.drop { try log.clear(range.start..<range.start + range.length) }
      guard !range.drop, range.length == 1, range.start < log.length, try !log.has(range.start) else { continue }
      let whole = try writer(blocks(of: side, fork: log.fork, after: [], to: log.length), in: .inMemory())
      try Self.copy(range.start, from: whole, to: log)
    }
  }
}
