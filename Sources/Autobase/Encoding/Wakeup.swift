public import CompactEncoding

/// The writers that grew while the base did not read them, kept in the user data `autobase/wakeup` of the local log.
///
/// Encoded as `count uint`, then `key fixed32, length uint` for each (spec 03 §2.6): a clock.
public struct WakeupList: Sendable, Hashable {
  /// Writers with the length they were seen to have.
  public var writers: [Checkout]

  /// A list of writers.
  public init(_ writers: [Checkout] = []) { self.writers = writers }
}

extension WakeupList: CompactCodable {
  public func measure(_ size: inout Size) { size.array(writers) }
  public func encode(into writer: inout Writer) { writer.array(writers) }
  public init(from reader: inout Reader) throws(DecodingError) { writers = try reader.clock() }
}

/// The message of the core extension `autobase`, by which older peers ask for and tell which writers grew.
///
/// ```
/// version uint (0 or 1) · type uint {0: request, 1: info}
/// info: version 1: clock · version 0: array(fixed32), lengths unknown
/// ```
///
/// Source: spec 03 §18, vectors `03-encodings`.
public struct WakeupMessage: Sendable, Hashable {
  /// A writer that grew.
  public struct Writer: Sendable, Hashable {
    /// The writer's core key.
    public var key: Fixed32
    /// Its length; nil when the peer did not say.
    public var length: UInt64?

    /// A writer that grew to `length`.
    public init(key: Fixed32, length: UInt64?) {
      self.key = key
      self.length = length
    }
  }

  /// 1, or 0 from the oldest peers.
  public var version: UInt64
  /// The writers told of; nil in a request.
  public var writers: [Writer]?

  /// A request when `writers` is nil, else an answer.
  public init(writers: [Writer]? = nil) {
    version = 1
    self.writers = writers
  }
}

extension WakeupMessage: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(version)
    size.uint(writers == nil ? 0 : 1)
    guard let writers else { return }
    size.uint(UInt64(writers.count))
    for writer in writers {
      size.fixed32()
      if version > 0 { size.uint(writer.length ?? 0) }
    }
  }

  public func encode(into writer: inout CompactEncoding.Writer) {
    writer.uint(version)
    writer.uint(writers == nil ? 0 : 1)
    guard let writers else { return }
    writer.uint(UInt64(writers.count))
    for item in writers {
      writer.fixed32(item.key)
      if version > 0 { writer.uint(item.length ?? 0) }
    }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    version = try reader.uint()
    guard version <= 1 else { throw .unknown(what: "wakeup version", value: version) }
    let type = try reader.uint()
    switch type {
    case 0: writers = nil
    case 1:
      var list: [Writer] = []
      for _ in 0..<(try reader.count(minimumSize: version == 0 ? 32 : Checkout.minimumSize)) {
        list.append(Writer(key: try reader.fixed32(), length: version == 0 ? nil : try reader.uint()))
      }
      writers = list
    default: throw .unknown(what: "wakeup type", value: type)
    }
  }
}
