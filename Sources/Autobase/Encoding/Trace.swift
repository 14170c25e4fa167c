public import CompactEncoding

/// Which view blocks were read while a node was applied where it was written: a hint for prefetching, nothing more.
///
/// Encoded as `system array(uint), encryption array(uint), user array(view uint, blocks array(uint))`, framed in
/// messages (spec 03 §2.2).
public struct Trace: Sendable, Hashable {
  /// Block indexes of one user view.
  public struct View: Sendable, Hashable {
    /// The view's index in the system's view list.
    public var view: UInt64
    /// Block indexes in the order read.
    public var blocks: [UInt64]

    /// The blocks read of one view.
    public init(view: UInt64, blocks: [UInt64]) {
      self.view = view
      self.blocks = blocks
    }
  }

  /// Blocks of the system core.
  public var system: [UInt64]
  /// Blocks of the encryption core.
  public var encryption: [UInt64]
  /// Blocks of user views.
  public var user: [View]

  /// The blocks read while one node was applied.
  public init(system: [UInt64] = [], encryption: [UInt64] = [], user: [View] = []) {
    self.system = system
    self.encryption = encryption
    self.user = user
  }
}

extension Trace: CompactCodable {
  public func measure(_ size: inout Size) {
    size.numbers(system)
    size.numbers(encryption)
    size.array(user)
  }

  public func encode(into writer: inout Writer) {
    writer.numbers(system)
    writer.numbers(encryption)
    writer.array(user)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    system = try reader.numbers()
    encryption = try reader.numbers()
    user = try reader.array(minimumSize: 2)
  }
}

extension Trace.View: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(view)
    size.numbers(blocks)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(view)
    writer.numbers(blocks)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    view = try reader.uint()
    blocks = try reader.numbers()
  }
}

extension Size {
  fileprivate mutating func numbers(_ list: [UInt64]) {
    uint(UInt64(list.count))
    for number in list { uint(number) }
  }
}

extension Writer {
  fileprivate mutating func numbers(_ list: [UInt64]) {
    uint(UInt64(list.count))
    for number in list { uint(number) }
  }
}

extension Reader {
  fileprivate mutating func numbers() throws(DecodingError) -> [UInt64] {
    var list: [UInt64] = []
    let count = try count()
    list.reserveCapacity(count)
    for _ in 0..<count { list.append(try uint()) }
    return list
  }
}
