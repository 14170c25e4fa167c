import CompactEncoding
import HypercoreCrypto
import TestSupport
import Testing

@Suite struct KeyTests {
  @Test(arguments: [1, 2, 3] as [UInt64]) func zBase32ComesBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for count in 0..<70 {
      let bytes = generator.bytes(count)
      #expect(try ZBase32.decode(ZBase32.encode(bytes)) == bytes, "seed \(seed), \(count) bytes")
    }
  }

  @Test func zBase32RefusesImpossibleLengths() {
    for count in [1, 3, 6, 9] {
      #expect(throws: KeyIdentifierError.invalidLength(count)) {
        try ZBase32.decode(String(repeating: "y", count: count))
      }
    }
  }

  @Test func urlSchemes() throws {
    let key = Fixed32 { $0.copyBytes(from: 0..<32) }
    for text in [KeyIdentifier.encode(key), key.description, key.description.uppercased()] {
      for scheme in ["", "pear://", "hyper://"] {
        #expect(try KeyIdentifier.decode(scheme + text) == key)
        if scheme != "" { #expect(try KeyIdentifier.decode(scheme + text + "/a/b") == key) }
      }
      #expect(throws: KeyIdentifierError.invalidKey) { try KeyIdentifier.decode("https://" + text) }
      #expect(throws: KeyIdentifierError.invalidKey) { try KeyIdentifier.decode(text + "/a") }
    }
    #expect(try KeyIdentifier.normalize("hyper://" + key.description) == KeyIdentifier.encode(key))
  }

  @Test func oddTextsAreRefusedNotFatal() {
    for text in ["é", "pear://", "hyper:///", String(repeating: "é", count: 52), String(repeating: "😀", count: 26)] {
      #expect(!KeyIdentifier.isValid(text))
    }
  }

  @Test(arguments: [0, 1, 100] as [Int]) func sealedBoxes(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let owner = EncryptionKeyPair(using: &generator)
    let other = EncryptionKeyPair(using: &generator)
    let message = generator.bytes(count)
    let box = try #require(
      EncryptionKeyPair.seal(message, to: owner.publicKey, ephemeral: EncryptionKeyPair(using: &generator)))
    #expect(box.count == count + EncryptionKeyPair.overhead)
    #expect(owner.open(box) == message)
    #expect(other.open(box) == nil)
    for i in box.indices {
      var changed = box
      changed[i] ^= 1
      #expect(owner.open(changed) == nil, "byte \(i)")
      #expect(owner.open(Array(box[..<i])) == nil, "first \(i) bytes")
    }
    #expect(EncryptionKeyPair.seal(message, to: Fixed32(), ephemeral: other) == nil)
  }

  @Test func randomBytesHaveTheirCount() {
    var generator = SeededGenerator(seed: 5)
    for count in [0, 1, 7, 8, 9, 24, 33] { #expect(randomBytes(count, using: &generator).count == count) }
    #expect(KeyPair(using: &generator) != KeyPair(using: &generator))
  }
}
