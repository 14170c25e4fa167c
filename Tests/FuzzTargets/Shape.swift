import CompactEncoding

/// One of the structures that a target tries; the first byte of the input chooses it.
struct Shape: Sendable {
  let name: String
  let run: @Sendable ([UInt8]) throws -> FuzzOutcome

  init(_ name: String, _ run: @escaping @Sendable ([UInt8]) throws -> FuzzOutcome) {
    self.name = name
    self.run = run
  }

  /// A structure of the compact encoding: what is read can be written, is read again from that, and is written to the
  /// same bytes then. `check` looks at the value that was read.
  init<T: CompactEncodable & CompactDecodable & Equatable>(
    _ type: T.Type, check: @escaping @Sendable (T) throws -> Void = { _ in }
  ) {
    self.init("\(type)") { bytes in
      let first: T
      do { first = try T(decoding: bytes) } catch { return .refused }
      try Shape.checkStable(first)
      try check(first)
      return .accepted
    }
  }

  /// What must hold of a value that was read.
  static func checkStable<T: CompactEncodable & CompactDecodable & Equatable>(_ first: T) throws {
    let encoded = first.encoded()
    let second: T
    do { second = try T(decoding: encoded) } catch {
      throw FuzzViolation("\(T.self) cannot read what it wrote: \(error)")
    }
    let again = second.encoded()
    try require(again == encoded, "\(T.self) writes \(Hex.encode(encoded)), reads it, and writes \(Hex.encode(again))")
    // Nothing is hidden behind the end of what is written.
    try require((try? T(decoding: encoded + [0, 0])) != nil, "\(T.self) is not read before other bytes")
  }
}

extension FuzzTarget {
  /// A target of several structures.
  ///
  /// - Parameter vectors: vector files; every hex text in them that a structure accepts is a seed.
  init(
    _ name: String, _ summary: String, shapes: [Shape], vectors: [String], maximumByteCount: Int = 2048,
    memoryFactor: Int = 256, more: @escaping @Sendable () throws -> [[UInt8]] = { [] }
  ) {
    self.init(
      name, summary, maximumByteCount: maximumByteCount, memoryFactor: memoryFactor,
      seeds: {
        var seeds = try more()
        let samples = try Samples.bytes(in: vectors, limit: maximumByteCount - 1)
        for (number, shape) in shapes.enumerated() {
          var found = 0
          for sample in samples where found < 24 {
            guard try shape.run(sample) == .accepted else { continue }
            found += 1
            seeds.append([UInt8(number)] + sample)
          }
        }
        return seeds
      },
      run: { input in
        guard let first = input.first else { return .refused }
        return try shapes[Int(first) % shapes.count].run(Array(input.dropFirst()))
      })
  }
}
