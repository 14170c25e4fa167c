import Autobase
import CompactEncoding
import JSON
import TestSupport
import Testing

@Suite struct EncodingTests {
  /// Every case decodes to the listed value, and encodes to the listed bytes where its version is one we write.
  @Test func vectors() throws {
    let cases = try Vectors.load("03-encodings").list("cases")
    var count = 0
    for item in cases {
      let name = try item.text("type") + ": " + item.text("name")
      let bytes = try item.hex("hex")
      let (decoded, encoded) = try roundTrip(item.text("type"), bytes, item)
      #expect(try decoded == item.at("decoded"), "\(name): \(decoded.text())")
      if let encoded { #expect(encoded == bytes, "\(name)") }
      count += 1
    }
    #expect(count == cases.count && count > 0)
  }

  /// No change of any byte, and no truncation, does anything but throw or decode to some other value.
  @Test func mangledBytes() throws {
    for item in try Vectors.load("03-encodings").list("cases") {
      let bytes = try item.hex("hex")
      let type = try item.text("type")
      for index in bytes.indices {
        _ = try? roundTrip(type, Array(bytes[..<index]), item)
        for value: UInt8 in [0, 1, 2, 4, 8, 0x7f, 0x80, 0xfc, 0xfd, 0xfe, 0xff] where bytes[index] != value {
          var mangled = bytes
          mangled[index] = value
          guard let encoded = try? roundTrip(type, mangled, item).1 else { continue }
          // What decodes must be stable: the bytes it encodes to decode to the same bytes again.
          let again = try roundTrip(type, encoded, item).1
          #expect(again == encoded, "\(type) with byte \(index) set to \(value)")
        }
      }
    }
  }

  @Test func recordKeysRoundTripAndSort() {
    var generator = SeededGenerator(seed: 3)
    let numbers = (0..<200).map { i in generator.next() >> (i % 64) }.sorted()
    let keys = numbers.map { LinearizerUpdate.recordKey(sequence: $0) }
    for (number, key) in zip(numbers, keys) { #expect(LinearizerUpdate.sequence(ofRecordKey: key) == number) }
    for (a, b) in zip(keys, keys.dropFirst()) { #expect(a == b || a.lexicographicallyPrecedes(b)) }
  }

  private func roundTrip(_ type: String, _ bytes: [UInt8], _ item: JSON) throws -> (JSON, [UInt8]?) {
    switch type {
    case "oplog-message":
      let value = try OplogMessage(decoding: bytes)
      return (json(value), value.version == OplogMessage.currentVersion ? value.encoded() : nil)
    case "checkout":
      let value = try Checkout(decoding: bytes)
      return (json(value), value.encoded())
    case "clock":
      let value = try WakeupList(decoding: bytes)
      return (json(value.writers), value.encoded())
    case "checkpointer":
      let value = try Checkpointer(decoding: bytes)
      return (json(value), value.encoded())
    case "digest":
      let value = try Digest(decoding: bytes)
      return (json(value), value.encoded())
    case "boot-record":
      let value = try BootRecord(decoding: bytes)
      return (json(value), value.version == BootRecord.currentVersion ? value.encoded() : nil)
    case "info":
      let value = try SystemInfo(decoding: bytes)
      return (json(value), value.encoded())
    case "member":
      let value = try Member(decoding: bytes)
      return (
        ["isIndexer": .bool(value.isIndexer), "isRemoved": .bool(value.isRemoved), "length": number(value.length)],
        value.encoded()
      )
    case "linearizer-key":
      guard let value = LinearizerUpdate.sequence(ofRecordKey: bytes) else { throw VectorError("no record key") }
      return (number(value), LinearizerUpdate.recordKey(sequence: value))
    case "linearizer-update":
      let value = try LinearizerUpdate(decoding: bytes)
      let fields: JSON = [
        "key": text(value.key), "length": number(value.length), "batch": number(value.batch),
        "systemLength": number(value.systemLength), "indexers": .bool(value.indexers),
      ]
      return (fields, value.encoded())
    case "encryption-descriptor":
      let value = try EncryptionDescriptor(decoding: bytes)
      return (["type": number(value.type), "payload": text(value.payload)], value.encoded())
    case "manifest-data":
      let value = try ManifestData(decoding: bytes)
      let fields: JSON = [
        "version": number(value.version), "legacyBlocks": number(value.legacyBlocks),
        "namespace": text(value.namespace),
      ]
      return (fields, value.encoded())
    case "wakeup":
      let value = try WakeupMessage(decoding: bytes)
      let writers = value.writers.map { list in
        JSON.array(list.map { ["key": text($0.key), "length": .integer($0.length.map { Int64($0) } ?? -1)] })
      }
      let fields: JSON = [
        "version": number(value.version), "type": .integer(writers == nil ? 0 : 1), "writers": writers ?? .null,
      ]
      return (fields, value.encoded())
    default: throw VectorError("unknown type \(type)")
    }
  }
}
