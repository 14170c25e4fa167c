import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Registry
import RegistryNode
import TestSupport

/// A store with a registry in it, made by the library rather than by the tools under test.
final class RegistryStore {
  let store: Store
  let node: RegistryNode

  /// - Parameter other: a registry to take part in, instead of a new one.
  init(seed: UInt8 = 1, of other: RegistryStore? = nil) throws {
    store = Store()
    let opened = try Corestore(
      directory: store.path, options: StoreOptions(durability: .normal),
      primaryKey: Fixed32([UInt8](repeating: seed, count: 32)))
    node = try RegistryNode(opened, bootstrap: other?.node.base.key)
  }

  /// The node of a store that is there already.
  init(in store: Store) throws {
    self.store = store
    node = try RegistryNode(Corestore(directory: store.path, options: StoreOptions(durability: .normal)))
  }

  /// Takes in what another node of the registry has written.
  func receive(from other: RegistryStore) throws {
    guard let local = other.node.localKey else { return }
    try receive(local, from: other)
    try node.base.advance()
  }

  /// Takes in what another node has of a writer's log.
  func receive(_ writer: Fixed32, from other: RegistryStore) throws {
    guard try other.node.store.has(key: writer) else { return }
    let source = try other.node.store.get(key: writer)
    let copy = try node.store.get(key: writer)
    guard copy.length < source.length else { return }
    for index in copy.length..<source.length {
      var request = ProofRequest(manifest: copy.manifest == nil)
      request.block = ProofRequest.Target(
        index: index, nodes: copy.length > index ? try copy.missingNodes(block: index) : 0)
      if copy.length < source.length {
        request.upgrade = ProofRequest.Upgrade(start: copy.length, length: source.length - copy.length)
      }
      try copy.apply(source.proof(for: request))
    }
  }

  /// Appends operations as one atomic batch.
  func append(_ operations: RegistryOperation...) throws { try append(operations) }

  /// Appends operations as one atomic batch.
  func append(_ operations: [RegistryOperation]) throws { try node.base.append(operations.map { $0.encoded() }) }

  /// Puts `count` entries, in batches of varying size.
  func fill(_ count: Int, from start: Int = 0) throws {
    var next = start
    while next < start + count {
      let end = min(start + count, next + 1 + next % 7)
      try append((next..<end).map { .putEntry(Self.entry($0)) })
      next = end
    }
  }

  static func entry(_ number: Int, version: Int = 1) -> Entry {
    var bytes = [UInt8](repeating: UInt8(number & 255), count: 32)
    bytes[0] = UInt8(number >> 8)
    guard let key = Fixed32(bytes) else { preconditionFailure("32 bytes are a key") }
    let digits = String(number)
    return Entry(
      name: "model-" + String(repeating: "0", count: 4 - digits.count) + digits, driveKey: key,
      type: ["text", "image", "audio"][number % 3], description: version == 1 ? nil : "version \(version)",
      owner: number % 2 == 0 ? "ann" : "bob")
  }

  /// Runs `hdb-view` on the store.
  func view(_ arguments: String...) throws -> Command.Result { try store.run("hdb-view", arguments) }

  /// The nodes of the local log as records, as `ab-linearize order` writes them; the last `tip` without a final place.
  ///
  /// - Parameter count: how many of them; all without.
  func records(_ count: Int? = nil, tip: Int = 0) throws -> [[UInt8]] {
    guard let log = node.base.local else { return [] }
    let end = count.map { UInt64($0) } ?? log.length
    return try (0..<end).map { index in
      let block = try log.block(at: index)
      let message = try OplogMessage(decoding: block)
      let heads = message.heads.map { "{\"core\":\"\($0.key)\",\"length\":\($0.length)}" }.joined(separator: ",")
      let value = message.value.map { "\"\(Hex.encode($0))\"" } ?? "null"
      return Array(
        """
        {"type":"node","core":"\(log.key)","seq":\(index),"fork":0,"index":\(index),"indexed":\(index + UInt64(tip) < end),\
        "heads":[\(heads)],"batch":\(message.batch),"value":\(value),"block":"\(Hex.encode(block))"}

        """.utf8)
    }
  }

  /// A complete stream of records.
  static func stream(_ records: [[UInt8]]) -> [UInt8] {
    records.flatMap { $0 } + Array("{\"type\":\"end\",\"records\":\(records.count)}\n".utf8)
  }
}
