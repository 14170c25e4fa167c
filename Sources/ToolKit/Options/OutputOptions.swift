public import ArgumentParser
public import CompactEncoding
import HypercoreCrypto

/// How results are printed: `--json`, `--hex`.
public struct OutputOptions: ParsableArguments {
  /// Whether results are records of `hc-stream(5)` or JSON objects, one a line.
  @Flag(name: .customLong("json"), help: "Print JSON, one object a line; its form is stable.")
  public var json = false

  /// Whether keys are printed in hex.
  @Flag(name: .customLong("hex"), help: "Print keys in hex instead of z-base-32.")
  public var hex = false

  /// Options not yet parsed.
  public init() {}

  /// The text of a key in the chosen form.
  public func text(_ key: Fixed32) -> String { hex ? key.description : KeyIdentifier.encode(key) }
}
