public import CompactEncoding

extension Manifest: CompactEncodable, CompactDecodable {
  private enum Flag {
    static let allowPatch: UInt64 = 1
    static let prologue: UInt64 = 2
    static let linked: UInt64 = 4
    static let userData: UInt64 = 8
  }

  private var flags: UInt64 {
    (allowPatch ? Flag.allowPatch : 0) | (prologue == nil ? 0 : Flag.prologue) | (linked == nil ? 0 : Flag.linked)
      | (userData == nil ? 0 : Flag.userData)
  }

  /// The type field of version 0.
  private var legacyType: UInt64 {
    if prologue != nil && signers.isEmpty { return 0 }
    return quorum == 1 && signers.count == 1 && !allowPatch ? 1 : 2
  }

  public func measure(_ size: inout Size) {
    size.uint(version)
    size.byte()  // hash
    guard version > 0 else {
      size.byte()  // type
      switch legacyType {
      case 0: size.fixed32()
      case 1: size.value(signers[0])
      default:
        size.byte()  // flags
        size.uint(quorum)
        size.array(signers)
      }
      return
    }
    size.uint(flags)
    size.uint(quorum)
    size.array(signers)
    if let prologue { size.value(prologue) }
    if let linked { size.array(linked) }
    if let userData { size.buffer(userData) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(version)
    guard version > 0 else {
      writer.uint8(0)
      writer.uint(legacyType)
      switch legacyType {
      case 0: writer.fixed32(prologue?.hash ?? Fixed32())
      case 1: writer.value(signers[0])
      default:
        writer.bool(allowPatch)
        writer.uint(quorum)
        writer.array(signers)
      }
      return
    }
    writer.uint(flags)
    writer.uint8(0)
    writer.uint(quorum)
    writer.array(signers)
    if let prologue { writer.value(prologue) }
    if let linked { writer.array(linked) }
    if let userData { writer.buffer(userData) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let version = try reader.uint()
    guard version <= 2 else { throw .unknown(what: "version", value: version) }
    if version == 0 { self = try Self.legacy(from: &reader) } else { self = try Self.current(version, from: &reader) }
  }

  private static func current(_ version: UInt64, from reader: inout Reader) throws(DecodingError) -> Manifest {
    let flags = try reader.uint()
    try expectBlake2b(&reader)
    let quorum = try reader.uint()
    var manifest = Manifest(
      version: version, allowPatch: flags & Flag.allowPatch != 0, quorum: quorum,
      signers: try reader.array(minimumSize: Signer.size))
    if flags & Flag.prologue != 0 { manifest.prologue = try reader.value() }
    if flags & Flag.linked != 0 { manifest.linked = try reader.array(minimumSize: 32) }
    if flags & Flag.userData != 0 { manifest.userData = try reader.buffer() }
    return manifest
  }

  private static func legacy(from reader: inout Reader) throws(DecodingError) -> Manifest {
    try expectBlake2b(&reader)
    let type = try reader.uint()
    switch type {
    case 0:
      let prologue = Prologue(hash: try reader.fixed32(), length: 0)
      return Manifest(version: 0, quorum: 0, signers: [], prologue: prologue)
    case 1:
      return Manifest(version: 0, quorum: 1, signers: [try reader.value()])
    case 2:
      let flags = try reader.uint()
      let quorum = try reader.uint()
      return Manifest(
        version: 0, allowPatch: flags & Flag.allowPatch != 0, quorum: quorum,
        signers: try reader.array(minimumSize: Signer.size))
    default:
      throw .unknown(what: "type", value: type)
    }
  }

  private static func expectBlake2b(_ reader: inout Reader) throws(DecodingError) {
    let id = try reader.uint()
    guard id == 0 else { throw .unknown(what: "hash id", value: id) }
  }
}

extension Manifest.Signer: CompactEncodable, CompactDecodable {
  static let size = 65

  public func measure(_ size: inout Size) { size.raw(Self.size) }

  public func encode(into writer: inout Writer) {
    writer.uint8(0)
    writer.fixed32(namespace)
    writer.fixed32(publicKey)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let id = try reader.uint()
    guard id == 0 else { throw .unknown(what: "signature id", value: id) }
    namespace = try reader.fixed32()
    publicKey = try reader.fixed32()
  }
}

extension Manifest.Prologue: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(length)
  }

  public func encode(into writer: inout Writer) {
    writer.fixed32(hash)
    writer.uint(length)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    hash = try reader.fixed32()
    length = try reader.uint()
  }
}
