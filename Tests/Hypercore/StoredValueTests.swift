import CompactEncoding
import Hypercore
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

/// What the reference keeps in its own database is read by nobody here. These tests show that its values are made of
/// the same primitives and structures; the keys are those of the index encoder.
@Suite struct StoredValueTests {
  @Test func values() throws {
    let rows = try Vectors.load("01-storage").list("values")
    #expect(!rows.isEmpty)
    for row in rows {
      let bytes = try row.hex("enc")
      let value = try row.at("value")
      var reader = Reader(bytes.span.bytes)
      switch try row.text("type") {
      case "@corestore/head": try Self.storeHead(&reader, value)
      case "@corestore/core": try Self.core(&reader, value)
      case "@core/auth": try Self.auth(&reader, value)
      case "@core/head": try Self.head(&reader, value)
      case "@core/hints": try Self.hints(&reader, value)
      case "@core/tree-node": #expect(try reader.value(TreeNode.self) == value.node())
      case "@core/dependency":
        #expect(try reader.uint() == value.number("dataPointer"))
        #expect(try reader.uint() == value.number("length"))
      case "@core/sessions": try Self.sessions(&reader, value)
      case "@core/group": try Self.group(&reader, value)
      case let type: Issue.record("unknown type \(type)")
      }
      #expect(reader.remaining == 0)
    }
  }

  private static func storeHead(_ reader: inout Reader, _ value: JSON) throws {
    let version = try reader.uint()
    #expect(try version == value.number("version"))
    var flags: UInt64
    var counters: [UInt64] = [0, 0, 0]
    if version >= 2 {
      counters = [try reader.uint(), try reader.uint(), try reader.uint()]
      flags = try reader.uint() << 1
    } else {
      flags = try reader.uint()
      if flags & 1 != 0 { counters = [try reader.uint(), try reader.uint(), 0] }
    }
    #expect(try counters == [value.number("cores"), value.number("datas"), value.number("groups")])
    let seed = flags & 2 == 0 ? nil : try reader.fixed32().bytes
    #expect(try seed == value.optional("seed")?.hex())
    let discoveryKey = flags & 4 == 0 ? nil : try reader.fixed32().bytes
    #expect(try discoveryKey == value.optional("defaultDiscoveryKey")?.hex())
  }

  private static func core(_ reader: inout Reader, _ value: JSON) throws {
    #expect(try reader.uint() == value.number("version"))
    #expect(try reader.uint() == value.number("corePointer"))
    #expect(try reader.uint() == value.number("dataPointer"))
    guard try reader.uint() & 1 != 0 else { return #expect(value.optional("alias") == nil) }
    #expect(try reader.string() == value.at("alias").text("name"))
    #expect(try reader.fixed32() == value.at("alias").fixed32("namespace"))
  }

  private static func auth(_ reader: inout Reader, _ value: JSON) throws {
    #expect(try reader.fixed32() == value.fixed32("key"))
    #expect(try reader.fixed32() == value.fixed32("discoveryKey"))
    let flags = try reader.uint()
    let manifest = flags & 1 == 0 ? nil : try reader.frame(Manifest.self)
    #expect(try manifest == value.optional("manifest")?.manifest())
    if flags & 2 != 0 {
      #expect(try reader.buffer() == value.at("keyPair").hex("publicKey"))
      let secretKey = try value.at("keyPair").optional("secretKey")?.hex()
      #expect(try reader.optionalBuffer() == secretKey)
    } else {
      #expect(value.optional("keyPair") == nil)
    }
    let encryptionKey = flags & 4 == 0 ? nil : try reader.buffer()
    #expect(try encryptionKey == value.optional("encryptionKey")?.hex())
  }

  private static func head(_ reader: inout Reader, _ value: JSON) throws {
    #expect(try reader.uint() == value.number("fork"))
    #expect(try reader.uint() == value.number("length"))
    #expect(try reader.fixed32() == value.fixed32("rootHash"))
    #expect(try reader.optionalBuffer() == value.optional("signature")?.hex())
    let flags = reader.remaining > 0 ? try reader.uint() : 0
    let timestamp = flags & 1 == 0 ? 0 : try reader.uint64()
    #expect(try timestamp == value.number("timestamp"))
  }

  private static func hints(_ reader: inout Reader, _ value: JSON) throws {
    let flags = try reader.uint()
    for (flag, name) in [(1, "contiguousLength"), (2, "remoteContiguousLength"), (4, "recovering")]
      as [(UInt64, String)]
    {
      let hint = flags & flag == 0 ? 0 : try reader.uint()
      #expect(try hint == value.number(name))
    }
  }

  private static func sessions(_ reader: inout Reader, _ value: JSON) throws {
    let sessions = try #require(value.array)
    #expect(try reader.uint() == UInt64(sessions.count))
    for session in sessions {
      #expect(try reader.string() == session.text("name"))
      #expect(try reader.uint() == session.number("dataPointer"))
    }
  }

  private static func group(_ reader: inout Reader, _ value: JSON) throws {
    let flags = try reader.uint()
    let key = flags & 1 == 0 ? nil : try reader.fixed32().bytes
    #expect(try key == value.optional("key")?.hex())
    let pointer = flags & 2 == 0 ? 0 : try reader.uint()
    #expect(try pointer == value.number("pointer"))
  }
}
