import CompactEncoding

extension LineCursor {
  /// The members of a node, behind its type.
  mutating func node() -> StreamNode? {
    var node = StreamNode(
      core: Fixed32(), seq: 0, fork: 0, block: [], heads: [], batch: 0, value: nil, optimistic: false)
    var seen: UInt16 = 0
    while let name = memberName() {
      let bit: UInt16
      switch name.count {
      case 4 where name.is("core"):
        guard let key = key() else { return nil }
        (node.core, bit) = (key, 1)
      case 3 where name.is("seq"):
        guard let number = number() else { return nil }
        (node.seq, bit) = (number, 2)
      case 4 where name.is("fork"):
        guard let number = number() else { return nil }
        (node.fork, bit) = (number, 4)
      case 5 where name.is("heads"):
        guard let list = heads() else { return nil }
        (node.heads, bit) = (list, 8)
      case 5 where name.is("batch"):
        guard let number = number() else { return nil }
        (node.batch, bit) = (number, 16)
      case 5 where name.is("value"):
        if !take("null") {
          guard let bytes = bytes() else { return nil }
          node.value = bytes
        }
        bit = 32
      case 5 where name.is("block"):
        guard let bytes = bytes() else { return nil }
        (node.block, bit) = (bytes, 64)
      case 5 where name.is("index"):
        guard let number = number() else { return nil }
        (node.index, bit) = (number, 128)
      case 7 where name.is("indexed"):
        guard let flag = flag() else { return nil }
        (node.indexed, bit) = (flag, 256)
      case 10 where name.is("optimistic"):
        guard let flag = flag() else { return nil }
        (node.optimistic, bit) = (flag, 512)
      default: return nil
      }
      guard seen & bit == 0 else { return nil }
      seen |= bit
    }
    let needed: UInt16 = 1 | 2 | 8 | 16 | 64
    return isAtEnd && seen & needed == needed ? node : nil
  }

  /// The members of a block, behind its type.
  mutating func block() -> StreamBlock? {
    var block = StreamBlock(core: Fixed32(), seq: 0, fork: 0, value: [])
    var seen: UInt8 = 0
    while let name = memberName() {
      let bit: UInt8
      switch name.count {
      case 4 where name.is("core"):
        guard let key = key() else { return nil }
        (block.core, bit) = (key, 1)
      case 3 where name.is("seq"):
        guard let number = number() else { return nil }
        (block.seq, bit) = (number, 2)
      case 4 where name.is("fork"):
        guard let number = number() else { return nil }
        (block.fork, bit) = (number, 4)
      case 5 where name.is("value"):
        guard let bytes = bytes() else { return nil }
        (block.value, bit) = (bytes, 8)
      default: return nil
      }
      guard seen & bit == 0 else { return nil }
      seen |= bit
    }
    return isAtEnd && seen & 11 == 11 ? block : nil
  }

  /// The members of a view's block, behind its type.
  mutating func append() -> StreamAppend? {
    var append = StreamAppend(view: "", seq: 0, value: [])
    var seen: UInt8 = 0
    while let name = memberName() {
      let bit: UInt8
      switch name.count {
      case 4 where name.is("view"):
        guard take("\""), let text = restOfString(), text.allSatisfy({ 0x20..<0x7f ~= $0 && $0 != 0x5c }) else {
          return nil
        }
        (append.view, bit) = (String(decoding: text, as: UTF8.self), 1)
      case 3 where name.is("seq"):
        guard let number = number() else { return nil }
        (append.seq, bit) = (number, 2)
      case 5 where name.is("value"):
        guard let bytes = bytes() else { return nil }
        (append.value, bit) = (bytes, 4)
      default: return nil
      }
      guard seen & bit == 0 else { return nil }
      seen |= bit
    }
    return isAtEnd && seen == 7 ? append : nil
  }
}
