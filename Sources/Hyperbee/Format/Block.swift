/// A put or delete: where key, value and levels lie in a block. See the module's head comment.
struct Block {
  let bytes: [UInt8]
  let sequence: UInt64
  private let index: Range<Int>
  private let keyRange: Range<Int>
  private let valueRange: Range<Int>?

  /// - Throws: ``BeeError/invalidBlock(sequence:reason:)`` when the bytes are no message, or index or key is missing.
  init(decoding bytes: [UInt8], sequence: UInt64) throws(BeeError) {
    self.bytes = bytes
    self.sequence = sequence
    var index: Range<Int>?
    var key: Range<Int>?
    var value: Range<Int>?
    var reader = ProtobufReader(bytes)
    do throws(ProtobufReader.Malformed) {
      while let (number, range) = try reader.field() {
        switch number {
        case 1: index = range
        case 2: key = range
        case 3: value = range
        default: break
        }
      }
    } catch {
      throw .invalidBlock(sequence: sequence, reason: "malformed node")
    }
    guard let index, let key else { throw .invalidBlock(sequence: sequence, reason: "index or key is missing") }
    self.index = index
    keyRange = key
    valueRange = value
  }

  var key: [UInt8] { Array(bytes[keyRange]) }
  var value: [UInt8]? { valueRange.map { Array(bytes[$0]) } }

  /// The tree nodes of this block, not checked against the rules of the tree.
  func levels() throws(BeeError) -> [TreeNode] {
    var levels: [TreeNode] = []
    do throws(ProtobufReader.Malformed) {
      var reader = ProtobufReader(bytes, in: index)
      while let (number, range) = try reader.field() {
        if number == 1 { levels.append(try level(range)) }
      }
    } catch {
      throw .invalidBlock(sequence: sequence, reason: "malformed index")
    }
    return levels
  }

  /// Whether this is a delete: no value, and its own sequence in none of its levels.
  func isDeletion() throws(BeeError) -> Bool {
    guard valueRange == nil else { return false }
    return try !levels().contains { $0.keys.contains { $0.sequence == sequence } }
  }

  private func level(_ range: Range<Int>) throws(ProtobufReader.Malformed) -> TreeNode {
    var keys: [TreeKey] = []
    var children: [NodeAddress] = []
    var reader = ProtobufReader(bytes, in: range)
    while let (number, range) = try reader.field() {
      var numbers = ProtobufReader(bytes, in: range)
      switch number {
      case 1:
        keys = []
        keys.reserveCapacity(min(range.count, 8))
        while !numbers.isAtEnd {
          guard let sequence = numbers.varint() else { throw ProtobufReader.Malformed() }
          keys.append(TreeKey(sequence: sequence))
        }
      case 2:
        children = []
        children.reserveCapacity(min(range.count / 2, 9))
        while !numbers.isAtEnd {
          guard let sequence = numbers.varint(), let offset = numbers.varint() else {
            throw ProtobufReader.Malformed()
          }
          children.append(NodeAddress(sequence: sequence, offset: offset))
        }
      default: break
      }
    }
    return TreeNode(keys: keys, children: children)
  }
}
