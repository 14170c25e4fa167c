/// Writes a put or delete block.
enum BlockEncoder {
  /// - Parameter levels: the tree nodes of the block, in order, as they are now.
  static func encode(key: [UInt8], value: [UInt8]?, levels: [Child?]) -> [UInt8] {
    var sizes: [(keys: Int, children: Int)] = []
    sizes.reserveCapacity(levels.count)
    var indexSize = 0
    for child in levels {
      let size = child.map { contentSizes($0.node) } ?? (0, 0)
      sizes.append(size)
      indexSize += Protobuf.fieldSize(levelSize(size))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      Protobuf.fieldSize(indexSize) + Protobuf.fieldSize(key.count) + (value.map { Protobuf.fieldSize($0.count) } ?? 0))
    Protobuf.append(field: 1, count: indexSize, to: &bytes)
    for (child, size) in zip(levels, sizes) {
      Protobuf.append(field: 1, count: levelSize(size), to: &bytes)
      guard let node = child?.node else { continue }
      if size.keys > 0 {
        Protobuf.append(field: 1, count: size.keys, to: &bytes)
        for key in node.keys { Protobuf.append(key.sequence, to: &bytes) }
      }
      if size.children > 0 {
        Protobuf.append(field: 2, count: size.children, to: &bytes)
        for child in node.children {
          Protobuf.append(child.sequence, to: &bytes)
          Protobuf.append(UInt64(child.offset), to: &bytes)
        }
      }
    }
    Protobuf.append(field: 2, count: key.count, to: &bytes)
    bytes.append(contentsOf: key)
    if let value {
      Protobuf.append(field: 3, count: value.count, to: &bytes)
      bytes.append(contentsOf: value)
    }
    return bytes
  }

  private static func levelSize(_ size: (keys: Int, children: Int)) -> Int {
    (size.keys > 0 ? Protobuf.fieldSize(size.keys) : 0) + (size.children > 0 ? Protobuf.fieldSize(size.children) : 0)
  }

  private static func contentSizes(_ node: DraftNode?) -> (keys: Int, children: Int) {
    guard let node else { return (0, 0) }
    var keys = 0
    var children = 0
    for key in node.keys { keys += Protobuf.size(key.sequence) }
    for child in node.children { children += Protobuf.size(child.sequence) + Protobuf.size(UInt64(child.offset)) }
    return (keys, children)
  }
}
