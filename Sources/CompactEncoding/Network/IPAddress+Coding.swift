extension IPv4Address: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) { size.raw(4) }
  public func encode(into writer: inout Writer) { writer.uint32BigEndian(bits) }
  public init(from reader: inout Reader) throws(DecodingError) { bits = try reader.uint32BigEndian() }
}

extension IPv6Address: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) { size.raw(16) }

  public func encode(into writer: inout Writer) {
    writer.uint64BigEndian(high)
    writer.uint64BigEndian(low)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    high = try reader.uint64BigEndian()
    low = try reader.uint64BigEndian()
  }
}

/// A family byte, 4 or 6, then the address. Every family but 4 is read as 6.
extension IPAddress: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.byte()
    switch self {
    case .v4(let address): address.measure(&size)
    case .v6(let address): address.measure(&size)
    }
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(family)
    switch self {
    case .v4(let address): address.encode(into: &writer)
    case .v6(let address): address.encode(into: &writer)
    }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    self = try reader.uint8() == 4 ? .v4(IPv4Address(from: &reader)) : .v6(IPv6Address(from: &reader))
  }
}

/// The host, then the port as two bytes.
extension SocketAddress: CompactEncodable where Host: CompactEncodable {
  public func measure(_ size: inout Size) {
    host.measure(&size)
    size.raw(2)
  }

  public func encode(into writer: inout Writer) {
    host.encode(into: &writer)
    writer.uint16(port)
  }
}

extension SocketAddress: CompactDecodable where Host: CompactDecodable {
  public init(from reader: inout Reader) throws(DecodingError) {
    self.init(host: try Host(from: &reader), port: try reader.uint16())
  }
}
