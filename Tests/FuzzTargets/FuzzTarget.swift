/// A decoder, or a state machine that reads what others sent, with what must hold whatever it is given.
///
/// The same list serves two programs: the fuzzers of the package `Fuzz`, which search for inputs that break a target, and
/// the tests, which try every kept input on every run. See docs/fuzzing.md.
public struct FuzzTarget: Sendable {
  /// The name on the command line, and of the folder with the inputs that are kept.
  public let name: String
  /// What is tried, in a few words.
  public let summary: String
  /// The longest input that the fuzzer makes, in bytes.
  public let maximumByteCount: Int
  /// Most bytes that may be in memory at a time, for each byte of the input, besides ``allowedByteCount``.
  public let memoryFactor: Int
  /// Inputs to begin with, made from the vectors and from what the project itself writes.
  public let seeds: @Sendable () throws -> [[UInt8]]
  private let body: @Sendable ([UInt8]) throws -> FuzzOutcome

  /// Most bytes that a target may have in memory at a time for an empty input: its own state, a store, a tree.
  public static let allowedByteCount = 8 << 20

  init(
    _ name: String, _ summary: String, maximumByteCount: Int = 4096, memoryFactor: Int = 256,
    seeds: @escaping @Sendable () throws -> [[UInt8]], run: @escaping @Sendable ([UInt8]) throws -> FuzzOutcome
  ) {
    self.name = name
    self.summary = summary
    self.maximumByteCount = maximumByteCount
    self.memoryFactor = memoryFactor
    self.seeds = seeds
    body = run
  }

  /// Tries one input.
  ///
  /// - Throws: ``FuzzViolation`` when something does not hold that must; any other error is one that the decoder should
  ///   have turned into one of its own.
  public func run(_ input: [UInt8]) throws -> FuzzOutcome { try body(input) }

  /// The target of a name.
  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What became of an input.
public enum FuzzOutcome: Sendable, Hashable {
  /// It was well formed, and what must hold was checked.
  case accepted
  /// It was refused with an error of the decoder.
  case refused
}

/// Something does not hold that must hold for every input.
public struct FuzzViolation: Error, CustomStringConvertible {
  /// One line for people.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Throws when `condition` does not hold.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(FuzzViolation) {
  if !condition { throw FuzzViolation(what()) }
}
