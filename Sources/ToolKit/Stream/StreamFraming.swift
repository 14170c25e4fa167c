public import ArgumentParser

/// How records of `hc-stream(5)` are written. Readers take both, and tell them apart at every record.
public enum StreamFraming: Sendable, Hashable {
  /// JSON, one object a line.
  case lines
  /// Length-prefixed binary frames: smaller and several times faster.
  case frames
}

/// In which form a tool writes records of `hc-stream(5)`: `--frames`.
public struct StreamOptions: ParsableArguments {
  /// Whether records are binary frames.
  @Flag(name: .customLong("frames"), help: "Write records as binary frames, see hc-stream(5).")
  public var frames = false

  /// Options not yet parsed.
  public init() {}

  /// The framing that was chosen.
  public var framing: StreamFraming { frames ? .frames : .lines }
}
