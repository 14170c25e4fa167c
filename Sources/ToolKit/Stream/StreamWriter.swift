public import CompactEncoding

/// Writes records of `hc-stream(5)` in either framing and counts them for the end record.
///
/// Records gather and go to an ``Output`` in large pieces, on a terminal one by one. ``end()`` makes the stream complete.
public final class StreamWriter {
  /// The form of the records.
  public let framing: StreamFraming
  /// Records since the beginning or the last end record.
  public private(set) var count: UInt64 = 0

  private let output: Output
  private var bytes = OutputBuffer()
  private var lines = LineEncoder()

  /// A writer to `output`.
  ///
  /// - Parameter force: whether frames may go to a terminal.
  /// - Throws: ``ToolError`` with status ``ExitStatus/usage`` for frames on a terminal.
  public init(_ output: Output, framing: StreamFraming = .lines, force: Bool = false) throws(ToolError) {
    if framing == .frames, output.isTerminal, !force {
      throw ToolError(
        .usage, "refusing to write binary records to the terminal",
        hints: ["send them to a file or a pipe", "or leave out --frames"])
    }
    self.output = output
    self.framing = framing
  }

  /// A writer to standard output.
  public convenience init(_ options: StreamOptions) throws(ToolError) {
    try self.init(.standard(), framing: options.framing)
  }

  /// Writes a record. An end record is written as it is; ``end()`` makes one with the right count.
  public func write(_ record: StreamRecord) throws(ToolError) {
    switch framing {
    case .lines: lines.append(record, to: &bytes)
    case .frames: StreamFrame.append(record, to: &bytes)
    }
    if case .end = record { count = 0 } else { count += 1 }
    if output.isTerminal || bytes.count >= Output.capacity { try flush() }
  }

  /// Writes the block `value` at `seq` of a log.
  public func write(block value: [UInt8], at seq: UInt64, of core: Fixed32, fork: UInt64) throws(ToolError) {
    try write(.block(StreamBlock(core: core, seq: seq, fork: fork, value: value)))
  }

  /// Writes the end record, and everything that has gathered.
  public func end() throws(ToolError) {
    try write(.end(StreamEnd(records: count)))
    try flush()
  }

  /// Writes what has gathered.
  public func flush() throws(ToolError) { try output.write(&bytes) }
}
