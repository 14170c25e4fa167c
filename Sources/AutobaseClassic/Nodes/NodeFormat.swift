import Autobase
import CompactEncoding

/// How the entries of a log are laid out in its blocks. A log has one format; its first block tells.
public enum NodeFormat: String, Hashable, Sendable, CaseIterable {
  /// Keys in full in every clock.
  case alpha8
  /// Keys once in a log, and pointers to them.
  case alpha9
  /// The oplog of a writer of the consensus engine.
  case v7
}

/// What a log of the classic formats is, by the header in its first block.
public enum NodeProtocol: String, Hashable, Sendable, CaseIterable {
  /// Holds entries that somebody appended.
  case input = "@autobase/input/v1"
  /// Holds a linearized view.
  case output = "@autobase/output/v1"
}

extension NodeFormat {
  /// The format and the role of a log with this first block; nil when it is neither of the classic formats nor an oplog.
  /// An oplog is an input.
  public static func detect(firstBlock block: [UInt8]) -> (format: NodeFormat, role: NodeProtocol)? {
    if let role = classicHeader(block, { reader throws(DecodingError) in try reader.nodeHeader() }) {
      return (.alpha8, role)
    }
    let alpha9 = classicHeader(block) { reader throws(DecodingError) in
      let fields = try reader.uint8()
      guard fields & Alpha9Block.Fields.header != 0 else { return nil }
      if fields & Alpha9Block.Fields.keys != 0 {
        for _ in 0..<(try reader.count(minimumSize: 32)) { _ = try reader.fixed32() }
      }
      return try reader.nodeHeader()
    }
    if let alpha9 { return (.alpha9, alpha9) }
    return (try? OplogMessage(decoding: block)) == nil ? nil : (.v7, .input)
  }

  private static func classicHeader(
    _ block: [UInt8], _ read: (inout Reader) throws(DecodingError) -> String?
  ) -> NodeProtocol? {
    var reader = Reader(block.span.bytes)
    guard let header = try? read(&reader) else { return nil }
    return NodeProtocol(rawValue: header)
  }
}

extension Reader {
  /// `uint` 0 for nothing, else 1 and the name of a protocol.
  mutating func nodeHeader() throws(DecodingError) -> String? { try uint() == 0 ? nil : try string() }
}

extension Size {
  mutating func nodeHeader(_ header: String?) {
    byte()
    if let header { string(header) }
  }
}

extension Writer {
  mutating func nodeHeader(_ header: String?) {
    uint(header == nil ? 0 : 1)
    if let header { string(header) }
  }
}
