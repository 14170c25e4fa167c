import CompactEncoding
import HypercoreCrypto
import JSON
import TestSupport
import Testing

/// `01-keys`: every section of the file, by name; an unknown section fails.
@Suite struct KeyVectorTests {
  let file: JSON

  init() throws { file = try Vectors.load("01-keys") }

  @Test func everySection() throws {
    let sections: [String: () throws -> Int] = [
      "z32": zBase32, "ids": identifiers, "namespaces": namespaces, "keyPairs": keyPairs,
      "discoveryKeys": discoveryKeys, "corestore": corestore, "alphabet": alphabet, "hash": hashes,
      "replicateCapability": replicateCapability, "encryptionKeyPair": encryptionKeyPair,
      "corestore_manifestVersion0": { try storeManifest("corestore_manifestVersion0") },
      "corestore_manifestVersion2": { try storeManifest("corestore_manifestVersion2") },
    ]
    let members = try #require(file.object)
    for (name, _) in members where name != "source" {
      let section = try #require(sections[name], "no test for the section \(name)")
      #expect(try section() > 0, "nothing in \(name)")
    }
  }

  func zBase32() throws -> Int {
    let cases = try file.list("z32")
    for item in cases {
      #expect(ZBase32.encode(try item.hex("hex")) == (try item.text("z32")))
      #expect(try ZBase32.decode(item.text("z32")) == item.hex("back"))
    }
    return cases.count
  }

  func identifiers() throws -> Int {
    let ids = try file.at("ids")
    var count = 0
    for (name, list) in try #require(ids.object) {
      #expect(["cases", "lastCharBits"].contains(name), "unknown list \(name)")
      for item in try #require(list.array) {
        let input = try item.at("in")
        let result: Result<Fixed32, KeyIdentifierError>
        if let text = input.string {
          result = Result { () throws(KeyIdentifierError) in try KeyIdentifier.decode(text) }
          #expect(KeyIdentifier.isValid(text) == (item["error"] == nil))
        } else {
          let bytes = try input.hex("$buffer")
          result = Result { () throws(KeyIdentifierError) in try KeyIdentifier.decode(bytes) }
        }
        switch result {
        case .success(let key):
          #expect(key == (try item.fixed32("decode")))
          if item["normalize"] != nil { #expect(KeyIdentifier.encode(key) == (try item.text("normalize"))) }
        case .failure(let error):
          #expect(error.description == (try item.text("error")))
        }
        count += 1
      }
    }
    return count
  }

  func namespaces() throws -> Int {
    var count = 0
    for (name, value) in try file.members("namespaces") {
      if name == "hypercore_names" { continue }
      if name == "arbitrary_ids" {
        let ids = try value.list("ids").map { try $0.number() }
        let expected = try value.list("out").map { try $0.hex() }
        #expect(ids.map { namespace((try? value.text("name")) ?? "", UInt8($0)).bytes } == expected)
        count += ids.count
      } else {
        for (index, expected) in try #require(value.array).enumerated() {
          #expect(namespace(name, UInt8(index)).bytes == (try expected.hex()))
          count += 1
        }
      }
    }
    return count
  }

  func keyPairs() throws -> Int {
    let cases = try file.list("keyPairs")
    for item in cases {
      let pair = KeyPair(seed: try item.fixed32("seed"))
      let secretKey = try item.hex("secretKey")
      #expect(pair.publicKey == (try item.fixed32("publicKey")))
      #expect(pair.secretKey == secretKey)
      #expect(KeyPair.isValid(publicKey: pair.publicKey, secretKey: secretKey))
      #expect(!KeyPair.isValid(publicKey: Fixed32(), secretKey: secretKey))
      let hello = Array("hello".utf8)
      let signature = pair.sign(hello)
      #expect(signature == (try item.hex("sign_hello")))
      #expect(verifySignature(signature, of: hello, publicKey: pair.publicKey))
      for i in signature.indices {
        var changed = signature
        changed[i] ^= 1 << UInt8(i % 8)
        #expect(!verifySignature(changed, of: hello, publicKey: pair.publicKey))
      }
    }
    return cases.count
  }

  func discoveryKeys() throws -> Int {
    let cases = try file.list("discoveryKeys")
    for item in cases { #expect(discoveryKey(of: try item.fixed32("key")) == (try item.fixed32("discoveryKey"))) }
    return cases.count
  }

  func corestore() throws -> Int {
    var count = 0
    for store in try file.list("corestore") {
      let primaryKey = try store.fixed32("primaryKey")
      for core in try store.list("cores") {
        let space = try core.list("namespacePath").reduce(StoreDerivation.rootNamespace) { parent, name in
          StoreDerivation.namespace(of: parent, name: try name.string.map { Array($0.utf8) } ?? name.hex("$buffer"))
        }
        #expect(space == (try core.fixed32("namespace")))
        let name = try core.text("name")
        let pair = StoreDerivation.keyPair(primaryKey: primaryKey, namespace: space, name: Array(name.utf8))
        #expect(pair.publicKey == (try core.fixed32("publicKey")))
        #expect(pair.secretKey == (try core.hex("secretKey")))
        let key = coreKey(version: try core.number("manifestVersion"), signer: pair.publicKey)
        #expect(key == (try core.fixed32("key")))
        #expect(KeyIdentifier.encode(key) == (try core.text("id")))
        #expect(discoveryKey(of: key) == (try core.fixed32("discoveryKey")))
        count += 1
      }
    }
    return count
  }

  func storeManifest(_ name: String) throws -> Int {
    let item = try file.at(name)
    let text = Array(try item.text("name").utf8)
    let pair = StoreDerivation.keyPair(
      primaryKey: try item.fixed32("primaryKey"), namespace: StoreDerivation.rootNamespace, name: text)
    let manifest = try item.at("manifest")
    #expect(try manifest.list("signers").map { try $0.fixed32("publicKey") } == [pair.publicKey])
    #expect(coreKey(version: try manifest.number("version"), signer: pair.publicKey) == (try item.fixed32("key")))
    return 1
  }

  /// The key of a core with one signer: the hash of its 70-byte manifest.
  func coreKey(version: UInt64, signer: Fixed32) -> Fixed32 {
    let fields: [UInt8] = [UInt8(version), 0, 0, 1, 1, 0]
    return Blake2b.hash([
      namespace("hypercore", 3).bytes, fields + namespace("hypercore", 4).bytes + signer.bytes,
    ])
  }

  func alphabet() throws -> Int {
    #expect(ZBase32.alphabet == (try file.text("alphabet")))
    return 1
  }

  func hashes() throws -> Int {
    let cases = try file.list("hash")
    for item in cases {
      let parts = try item["in_parts"] == nil ? [item.hex("in")] : item.list("in_parts").map { try $0.hex() }
      #expect(Blake2b.hash(parts) == (try item.fixed32("out")))
      #expect(Blake2b.hash(parts.flatMap { $0 }) == (try item.fixed32("out")))
    }
    return cases.count
  }

  func replicateCapability() throws -> Int {
    let item = try file.at("replicateCapability")
    let key = try item.fixed32("key")
    let hash = try item.hex("handshakeHash")
    for (role, name) in [(StreamRole.initiator, "initiator"), (.responder, "responder")] {
      let made = ReplicationCapability.make(role, coreKey: key, handshakeHash: hash)
      #expect(made == (try item.fixed32(name)))
    }
    return 2
  }

  /// The capabilities among the message vectors of `02-hypercore-messages`.
  @Test func capabilities() throws {
    let messages = try Vectors.load("02-hypercore-messages")
    let cases = try messages.list("capability")
    #expect(cases.count > 0)
    for item in cases {
      let key = try item.fixed32("key")
      let hash = try item.hex("handshakeHash")
      #expect(discoveryKey(of: key) == (try item.fixed32("discoveryKey")))
      for (role, name) in [(StreamRole.initiator, "initiatorCapability"), (.responder, "responderCapability")] {
        let made = ReplicationCapability.make(role, coreKey: key, handshakeHash: hash)
        #expect(made == (try item.fixed32(name)))
      }
    }
    let shared = try messages.at("rpcCapability")
    #expect(SharedCapability.constant == (try shared.fixed32("namespace")))
    for (role, name) in [(StreamRole.initiator, "initiator"), (.responder, "responder")] {
      let made = SharedCapability.make(
        role, secret: try shared.fixed32("key"), handshakeHash: try shared.hex("handshakeHash"))
      #expect(constantTimeEqual(made, try shared.fixed32(name)))
      #expect(!constantTimeEqual(made, Fixed32()))
    }
  }

  func encryptionKeyPair() throws -> Int {
    let item = try file.at("encryptionKeyPair")
    let pair = EncryptionKeyPair(seed: try item.fixed32("seed"))
    #expect(pair.publicKey == (try item.fixed32("publicKey")))
    #expect(pair.secretKey == (try item.fixed32("secretKey")))
    return 1
  }
}
