import CompactEncoding
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct ManifestTests {
  private static func file() throws -> JSON { try Vectors.load("01-manifests") }

  @Test func everySectionOfTheFileIsRead() throws {
    #expect(Set(try Self.file().object?.keys ?? []) == ["source", "keyPairs", "manifests", "rawDecode", "errors"])
  }

  @Test func keyPairs() throws {
    let pairs = try Self.file().list("keyPairs")
    #expect(!pairs.isEmpty)
    for row in pairs {
      let pair = KeyPair(seed: try row.fixed32("seed"))
      #expect(try pair.publicKey == row.fixed32("publicKey"))
      #expect(try pair.secretKey == row.hex("secretKey"))
    }
  }

  @Test func manifests() throws {
    let rows = try Self.file().list("manifests")
    #expect(!rows.isEmpty)
    for row in rows {
      let name = try row.text("name")
      let bytes = try row.hex("encoded")
      let manifest = try row.at("manifest").manifest()
      #expect(manifest.encoded() == bytes, "\(name)")
      #expect(try Manifest(decoding: bytes) == manifest, "\(name)")
      #expect(try manifest.key == row.fixed32("key"), "\(name)")
      #expect(try discoveryKey(of: manifest.key) == row.fixed32("discoveryKey"), "\(name)")
      #expect(try Manifest(Self.input(manifest)) == manifest, "\(name)")
      #expect(try Manifest(parsing: bytes, for: manifest.key) == manifest, "\(name)")
    }
  }

  @Test func rawDecode() throws {
    let rows = try Self.file().list("rawDecode")
    #expect(!rows.isEmpty)
    for row in rows {
      let name = try row.text("name")
      let bytes = try row.hex("input")
      if let expected = row.optional("error")?.string {
        let error = #expect(throws: DecodingError.self, "\(name)") { try Manifest(decoding: bytes) }
        #expect(error?.description.hasPrefix(expected) == true, "\(name)")
      } else {
        let manifest = try Manifest(decoding: bytes)
        #expect(try manifest == row.at("manifest").manifest(), "\(name)")
        #expect(try manifest.key == row.fixed32("hash"), "\(name)")
      }
    }
  }

  /// The file names refusals without their input, so all refusals are provoked here, and every message of the file
  /// must be among them.
  @Test func errors() throws {
    let refusals = Set(try Self.refusals().map(\.description))
    let rows = try Self.file().list("errors")
    #expect(!rows.isEmpty)
    for row in rows {
      let message = try row.text("message")
      #expect(refusals.contains(message), "\(message)")
      #expect(message.hasPrefix(try row.text("code") + ": "))
    }
  }

  private static func refusals() throws -> [ManifestError] {
    let key = [UInt8](repeating: 1, count: 32)
    let changes: [(inout ManifestInput) -> Void] = [
      { $0.quorum = -1 }, { $0.quorum = 2 },
      {
        $0.version = 1; $0.userData = [1]
      },
      {
        $0.version = 1; $0.linked = [key]
      }, { $0.linked = [[1, 2]] },
      { $0.hash = "sha256" }, { $0.signers = [.init(publicKey: nil)] },
      { $0.signers = [.init(publicKey: key, signature: "rsa")] },
      { $0.prologue = .init(hash: [1], length: 0) }, { $0.prologue = .init(hash: key, length: -1) },
      { $0.version = 3 }, { $0.signers = [.init(publicKey: [1])] },
      { $0.signers = [.init(publicKey: key, namespace: [1])] },
    ]
    var refusals: [ManifestError] = []
    for change in changes {
      var input = ManifestInput()
      input.signers = [.init(publicKey: key)]
      change(&input)
      let error = #expect(throws: ManifestError.self) { try Manifest(input) }
      if let error { refusals.append(error) }
    }
    let pair = KeyPair(seed: Fixed32())
    let manifest = Manifest(publicKey: pair.publicKey)
    let other = KeyPair(seed: manifest.key)
    let verifier = Verifier(manifest: manifest)
    let parse = #expect(throws: ManifestError.self) { try Manifest(parsing: manifest.encoded(), for: other.publicKey) }
    let unsigned = #expect(throws: ManifestError.self) { try verifier.sign(MerkleTree(), with: nil) }
    let undeclared = #expect(throws: ManifestError.self) { try verifier.sign(MerkleTree(), with: other) }
    return refusals + [parse, unsigned, undeclared].compactMap(\.self)
  }

  /// The input that describes a manifest, with everything said that has a default.
  private static func input(_ manifest: Manifest) -> ManifestInput {
    var input = ManifestInput()
    input.version = manifest.version
    input.hash = "blake2b"
    input.allowPatch = manifest.allowPatch
    input.quorum = Int64(manifest.quorum)
    input.signers = manifest.signers.map {
      .init(publicKey: $0.publicKey.bytes, namespace: $0.namespace.bytes, signature: "ed25519")
    }
    input.prologue = manifest.prologue.map { .init(hash: $0.hash.bytes, length: Int64($0.length)) }
    input.linked = manifest.linked?.map(\.bytes)
    input.userData = manifest.userData
    return input
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5]) func defaults(signerCount: Int) throws {
    var input = ManifestInput()
    input.signers = (0..<signerCount).map { .init(publicKey: [UInt8](repeating: UInt8($0), count: 32)) }
    var manifest = try Manifest(input)
    #expect(manifest.version == 1)
    #expect(manifest.quorum == (signerCount == 0 ? 0 : UInt64(signerCount / 2 + 1)))
    #expect(manifest.signers.allSatisfy { $0.namespace == namespace("hypercore", 4) })
    input.linked = []
    manifest = try Manifest(input)
    #expect(manifest.linked == nil && manifest.version == 1)
    input.userData = []
    manifest = try Manifest(input)
    #expect(manifest.userData == [] && manifest.version == 2)
  }

  @Test func everyChangedByteIsAnotherKey() throws {
    for row in try Self.file().list("manifests") {
      let bytes = try row.hex("encoded")
      let key = try row.fixed32("key")
      for position in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[position] ^= 1 << bit
          guard let manifest = try? Manifest(decoding: changed) else { continue }
          // A flag nobody knows is dropped, and with it the change.
          if manifest.encoded() != bytes { #expect(!manifest.matches(key) || manifest.isCompat(for: key)) }
          #expect((try? Manifest(parsing: changed, for: key)) == nil || manifest.encoded() == bytes)
        }
        #expect((try? Manifest(decoding: Array(bytes[..<position]))) == nil)
      }
    }
  }
}
