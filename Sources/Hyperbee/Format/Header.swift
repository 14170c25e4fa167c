/// Block 0 of a bee.
public struct Header: Sendable, Hashable {
  /// What the log holds; `hyperbee` for a bee.
  public var name: String
  /// What the creator noted, if anything.
  public var metadata: Metadata?

  /// Optional notes in a header. The bee itself ignores both.
  public struct Metadata: Sendable, Hashable {
    /// By convention the key of a core that holds larger contents.
    public var contentFeed: [UInt8]?
    /// Anything.
    public var userData: [UInt8]?

    /// The given notes.
    public init(contentFeed: [UInt8]? = nil, userData: [UInt8]? = nil) {
      self.contentFeed = contentFeed
      self.userData = userData
    }
  }

  /// The header of a bee.
  public init(metadata: Metadata? = nil) {
    name = Header.protocolName
    self.metadata = metadata
  }

  static let protocolName = "hyperbee"

  /// The block.
  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    Protobuf.append(field: 1, count: name.utf8.count, to: &bytes)
    bytes.append(contentsOf: name.utf8)
    guard let metadata else { return bytes }
    var inner: [UInt8] = []
    for (number, data) in [(UInt8(1), metadata.contentFeed), (2, metadata.userData)] {
      guard let data else { continue }
      Protobuf.append(field: number, count: data.count, to: &inner)
      inner.append(contentsOf: data)
    }
    Protobuf.append(field: 2, count: inner.count, to: &bytes)
    return bytes + inner
  }

  /// Decodes block 0.
  ///
  /// - Throws: ``BeeError/invalidBlock(sequence:reason:)`` when it is no message or names no protocol.
  public init(decoding bytes: [UInt8]) throws(BeeError) {
    var found: String?
    do throws(ProtobufReader.Malformed) {
      var reader = ProtobufReader(bytes)
      while let (number, range) = try reader.field() {
        switch number {
        case 1: found = String(decoding: bytes[range], as: UTF8.self)
        case 2:
          var metadata = Metadata()
          var inner = ProtobufReader(bytes, in: range)
          while let (number, range) = try inner.field() {
            if number == 1 { metadata.contentFeed = Array(bytes[range]) }
            if number == 2 { metadata.userData = Array(bytes[range]) }
          }
          self.metadata = metadata
        default: break
        }
      }
    } catch {
      throw .invalidBlock(sequence: 0, reason: "malformed header")
    }
    guard let found else { throw .invalidBlock(sequence: 0, reason: "the header names no protocol") }
    name = found
  }
}
