import CompactEncoding
import IndexEncoder

extension FuzzTarget {
  /// Types that are known by name only.
  static let primitives = FuzzTarget(
    "primitives", "every type of the compact encoding by its name, and types composed of them",
    seeds: {
      var seeds: [[UInt8]] = []
      let samples = try Samples.bytes(in: ["01-encoding"], limit: 200)
      for (number, codec) in codecs.enumerated() {
        var found = 0
        for sample in samples where found < 6 {
          guard (try? codec.decode(sample)) != nil else { continue }
          found += 1
          seeds.append([UInt8(number)] + sample)
        }
      }
      return seeds
    },
    run: { input in
      guard let first = input.first else { return .refused }
      let codec = codecs[Int(first) % codecs.count]
      let value: Value
      do { value = try codec.decode(Array(input.dropFirst())) } catch { return .refused }
      // Some numbers can be read that peers cannot hold; those are not written.
      guard let encoded = try? codec.encode(value) else { return .accepted }
      let again: Value
      do { again = try codec.decode(encoded) } catch {
        throw FuzzViolation("\(codec) cannot read what it wrote: \(error)")
      }
      try require(try codec.encode(again) == encoded, "\(codec) writes \(Hex.encode(encoded)), reads it, and differs")
      return .accepted
    })

  /// Every primitive, then some composed types.
  private static let codecs: [Codec] =
    Primitive.allCases.map { .primitive($0) }
    + [
      "array(uint)", "array(string)", "array(buffer)", "array(any)", "array(array(uint8))", "array(none)",
      "array(raw)", "frame(array(uint))", "frame(frame(string))", "record(string,uint)", "record(uint,any)",
      "record(hex,array(bool))", "fixed(3)", "array(fixed(0))", "bitfield(7)", "bitfield(64)", "array(bitfield(13))",
    ].compactMap { Codec($0) }

  /// Names of types.
  static let codecNames = FuzzTarget(
    "codec-names", "names of composed types, and bytes read by what they name", maximumByteCount: 1024,
    seeds: {
      ["uint", "array(uint)", "frame(array(any))", "record(string,record(uint,fixed(3)))", "bitfield(9)"].map {
        InputReader.pieces([Array($0.utf8), [1, 2, 3, 4, 5, 6, 7, 8]])
      }
    },
    run: { input in
      var reader = InputReader(input)
      guard let codec = Codec(String(decoding: reader.piece(), as: UTF8.self)) else { return .refused }
      try require(Codec(codec.description) == codec, "\(codec) names another type")
      _ = codec.minimumSize
      guard let value = try? codec.decode(reader.piece()) else { return .refused }
      _ = try? codec.encode(value)
      return .accepted
    })

  /// Keys of collections and indexes.
  static let indexKeys = FuzzTarget(
    "index-keys", "keys of collections and indexes",
    seeds: {
      try Samples.bytes(in: ["04-index-encoder"], limit: 200).flatMap { sample in
        [[2, 0], [2, 1], [3, 2], [1, 3]].map { (head: [UInt8]) in head + [head[1], 2, 1] + sample }
      }
    },
    run: { input in
      var reader = InputReader(input)
      let types = (0...reader.number(below: 4)).map { _ in IndexType.allCases[reader.number(below: 4)] }
      let prefix: UInt64? = reader.byte() & 1 == 0 ? nil : 1
      let encoder = IndexEncoder(types, prefix: prefix)
      let key = reader.rest()
      let values: [IndexValue]
      do { values = try encoder.decode(key) } catch { return .refused }
      try require(values.count == types.count, "\(values.count) values of \(types.count)")
      // A value that was not there reads as null, which texts and bytes write as empty.
      let encoded = try encoder.encode(values)
      let again = try encoder.decode(encoded)
      try require(try encoder.encode(again) == encoded, "the key of \(values) differs when it is written again")
      for bounds in [try encoder.encode(Bounds(gte: values, lte: values)), try encoder.encode(Bounds(gt: values))] {
        if let low = bounds.gte, let high = bounds.lte {
          try require(!high.lexicographicallyPrecedes(low), "a range from \(values) to itself is upside down")
        }
      }
      return .accepted
    })
}
