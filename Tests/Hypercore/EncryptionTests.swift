import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@Suite struct EncryptionTests {
  private static func file() throws -> JSON { try Vectors.load("01-encryption") }

  @Test func everySectionOfTheFileIsRead() throws {
    #expect(Set(try Self.file().object?.keys ?? []) == ["source", "default", "provider", "core"])
  }

  private static func encryption(_ row: JSON) throws -> DefaultEncryption {
    let (encryptionKey, coreKey) = (try row.fixed32("encryptionKey"), try row.fixed32("hypercoreKey"))
    switch try row.text("mode") {
    case "normal": return DefaultEncryption(encryptionKey: encryptionKey, coreKey: coreKey)
    case "compat": return DefaultEncryption(encryptionKey: encryptionKey, coreKey: coreKey, isCompat: true)
    case "block key given": return DefaultEncryption(blockKey: encryptionKey)
    case let mode: throw VectorError("unknown mode \(mode)")
    }
  }

  @Test func defaultProvider() throws {
    let rows = try Self.file().list("default")
    #expect(!rows.isEmpty)
    for row in rows {
      let encryption = try Self.encryption(row)
      #expect(try encryption.blockKey == row.fixed32("blockKey"))
      #expect(try encryption.blindingKey == row.fixed32("blindingKey"))
      let blocks = try row.list("blocks")
      #expect(!blocks.isEmpty)
      for block in blocks {
        let (index, stored) = (try block.number("index"), try block.hex("stored"))
        let plaintext = try block.hex("plaintext")
        #expect(try encryption.encrypt(plaintext, at: index, fork: block.number("fork")) == stored)
        #expect(try encryption.decrypt(stored, at: index) == block.hex("decrypted"))
        #expect(stored.count == plaintext.count + encryption.padding)
      }
    }
  }

  @Test func rotatingProvider() throws {
    let rows = try Self.file().list("provider")
    #expect(!rows.isEmpty)
    for row in rows {
      let key = RotatingEncryption.Key(
        id: UInt32(try row.number("keyId")), encryptionKey: try row.fixed32("encryptionKey"))
      #expect(try key.hashKey == row.fixed32("hashKey"))
      let encryption = RotatingEncryption { $0 == nil || $0 == key.id ? key : nil }
      let (index, stored) = (try row.number("index"), try row.hex("stored"))
      #expect(try encryption.encrypt(row.hex("plaintext"), at: index, fork: 0) == stored)
      #expect(try encryption.decrypt(stored, at: index) == row.hex("decrypted"))
    }
  }

  @Test func encryptedCore() throws {
    let row = try Self.file().at("core")
    let key = try row.fixed32("key")
    let encryption = DefaultEncryption(encryptionKey: try row.fixed32("encryptionKey"), coreKey: key)
    let plaintext = try row.list("plaintext").map { try $0.hex() }
    let stored = plaintext.enumerated().map { encryption.encrypt($1, at: UInt64($0), fork: 0) }
    #expect(try stored == row.list("stored").map { try $0.hex() })
    let log = TestLog(stored)
    #expect(try log.tree.byteLength == row.number("stateByteLength"))
    #expect(try log.tree.byteLength - UInt64(encryption.padding * stored.count) == row.number("byteLength"))
    #expect(try log.tree.hash == row.fixed32("treeHash"))
    let signers = try Vectors.load("01-manifests").list("keyPairs").map {
      Manifest(publicKey: try $0.fixed32("publicKey"))
    }
    let manifest = try #require(signers.first { $0.key == key })
    #expect(try Verifier(manifest: manifest).accepts(log.tree, signature: row.hex("signature")))
  }

  @Test func refusesWhatItCannotRead() throws {
    let encryption = DefaultEncryption(blockKey: Fixed32())
    #expect(throws: EncryptionError.tooShort(byteCount: 7)) {
      try encryption.decrypt([UInt8](repeating: 0, count: 7), at: 0)
    }
    let none = RotatingEncryption { _ in nil }
    #expect(throws: EncryptionError.missingKey(id: nil)) { try none.encrypt([1], at: 0, fork: 0) }
    #expect(throws: EncryptionError.missingKey(id: 7)) { try none.decrypt([1, 0, 0, 0, 7, 0, 0, 0, 1], at: 0) }
    #expect(throws: EncryptionError.unknownType(2)) { try none.decrypt([2, 0, 0, 0, 7, 0, 0, 0, 1], at: 0) }
    #expect(throws: EncryptionError.tooShort(byteCount: 0)) { try none.decrypt([], at: 0) }
    #expect(try none.decrypt([0, 0, 0, 0, 0, 0, 0, 0, 5, 6], at: 3) == [5, 6])
  }
}
