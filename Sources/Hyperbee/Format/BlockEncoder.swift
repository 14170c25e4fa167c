/// Writes put and delete blocks. Keeps its scratch space from block to block.
struct BlockEncoder {
  private var index: [UInt8] = []
  private var keys: [UInt8] = []
  private var children: [UInt8] = []

  /// - Parameter levels: the tree nodes of the block, in order, as they are now.
  mutating func encode(key: [UInt8], value: [UInt8]?, levels: [Child?]) -> [UInt8] {
    index.removeAll(keepingCapacity: true)
    for child in levels { append(child?.node) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      Protobuf.fieldSize(index.count) + Protobuf.fieldSize(key.count)
        + (value.map { Protobuf.fieldSize($0.count) } ?? 0))
    Protobuf.append(field: 1, count: index.count, to: &bytes)
    bytes.append(contentsOf: index)
    Protobuf.append(field: 2, count: key.count, to: &bytes)
    bytes.append(contentsOf: key)
    if let value {
      Protobuf.append(field: 3, count: value.count, to: &bytes)
      bytes.append(contentsOf: value)
    }
    return bytes
  }

  private mutating func append(_ node: DraftNode?) {
    keys.removeAll(keepingCapacity: true)
    children.removeAll(keepingCapacity: true)
    if let node {
      for i in node.keys.indices { Protobuf.append(node.keys[i].sequence, to: &keys) }
      for child in node.children {
        Protobuf.append(child.sequence, to: &children)
        Protobuf.append(UInt64(child.offset), to: &children)
      }
    }
    let size =
      (keys.isEmpty ? 0 : Protobuf.fieldSize(keys.count)) + (children.isEmpty ? 0 : Protobuf.fieldSize(children.count))
    Protobuf.append(field: 1, count: size, to: &index)
    if !keys.isEmpty {
      Protobuf.append(field: 1, count: keys.count, to: &index)
      index.append(contentsOf: keys)
    }
    if !children.isEmpty {
      Protobuf.append(field: 2, count: children.count, to: &index)
      index.append(contentsOf: children)
    }
  }
}
