/// An IPv4 address.
public struct IPv4Address: Sendable, Hashable {
  /// The address as a number; the first octet is the most significant.
  public var bits: UInt32

  /// The address with the given number.
  public init(bits: UInt32) { self.bits = bits }
}

/// An IPv6 address.
public struct IPv6Address: Sendable, Hashable {
  /// The first 64 bits.
  public var high: UInt64
  /// The last 64 bits.
  public var low: UInt64

  /// The address with the given halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// An address of either family.
public enum IPAddress: Sendable, Hashable {
  /// An IPv4 address.
  case v4(IPv4Address)
  /// An IPv6 address.
  case v6(IPv6Address)
}

/// An address and a port, the reference's `ipv4Address`, `ipv6Address` and `ipAddress`.
public struct SocketAddress<Host: Sendable & Hashable>: Sendable, Hashable {
  /// The address of the host.
  public var host: Host
  /// The port.
  public var port: UInt16

  /// An address and a port.
  public init(host: Host, port: UInt16) {
    self.host = host
    self.port = port
  }
}

extension IPv4Address: LosslessStringConvertible {
  /// Four decimal numbers with dots.
  public var description: String {
    "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
  }

  /// Four decimal numbers with dots, or nil for any other text.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    bits = 0
    for part in parts {
      guard part.count <= 3, part.allSatisfy({ (0x30...0x39).contains($0) }), let octet = UInt8(Substring(part)) else {
        return nil
      }
      bits = bits << 8 | UInt32(octet)
    }
  }
}

extension IPv6Address: LosslessStringConvertible {
  /// Eight hexadecimal groups without leading zeros, never shortened with `::`, as the reference prints them.
  public var description: String {
    [high, low].flatMap { half in [48, 32, 16, 0].map { String(half >> $0 & 0xffff, radix: 16) } }
      .joined(separator: ":")
  }

  /// Hexadecimal groups with at most one `::`, or nil for any other text.
  public init?(_ text: String) {
    guard let groups = Self.groups(text) else { return nil }
    high = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
    low = groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
  }

  private static func groups(_ text: String) -> [UInt16]? {
    let bytes = Array(text.utf8)
    let colon = UInt8(ascii: ":")
    guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == colon && bytes[$0 + 1] == colon }) else {
      guard let groups = run(bytes[...]), groups.count == 8 else { return nil }
      return groups
    }
    let (before, after) = (bytes[..<gap], bytes[(gap + 2)...])
    guard let head = before.isEmpty ? [] : run(before), let tail = after.isEmpty ? [] : run(after) else { return nil }
    guard head.count + tail.count < 8 else { return nil }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
  }

  private static func run(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    var groups: [UInt16] = []
    for part in bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
      guard (1...4).contains(part.count), part.first != UInt8(ascii: "+") else { return nil }
      guard let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16) else { return nil }
      groups.append(group)
    }
    return groups
  }
}

extension IPAddress: LosslessStringConvertible {
  /// The address in the form of its family.
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }

  /// An address of either family, or nil for any other text.
  public init?(_ text: String) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// 4 or 6.
  public var family: UInt8 {
    switch self {
    case .v4: 4
    case .v6: 6
    }
  }
}
