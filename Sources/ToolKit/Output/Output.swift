import CompactEncoding
import Glibc
public import JSON

/// A buffered writer of data to a descriptor.
///
/// Bytes gather in a buffer of 64 KiB and go out in one `write`; on a terminal every line goes out at once.
/// When the reader of a pipe is gone the process ends as if by SIGPIPE, quietly. Any other failure is thrown.
/// An output belongs to one thread.
public final class Output {
  /// How many bytes gather before they are written.
  public static let capacity = 1 << 16

  /// Whether the descriptor is a terminal.
  public let isTerminal: Bool
  private let descriptor: Int32
  private let name: String
  private var buffer: [UInt8] = []

  /// A writer to `descriptor`, which stays open; `name` is what messages call it.
  public init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    isTerminal = System.isTerminal(descriptor)
    buffer.reserveCapacity(Output.capacity)
  }

  /// A writer to standard output.
  public static func standard() -> Output { Output(descriptor: 1, name: "standard output") }

  /// Adds bytes.
  public func write(_ bytes: [UInt8]) throws(ToolError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Output.capacity { try flush() }
  }

  /// Adds bytes; many of them go out without a copy.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(ToolError) {
    if bytes.count < Output.capacity {
      buffer.append(contentsOf: bytes)
      if buffer.count >= Output.capacity { try flush() }
    } else {
      try flush()
      try check(System.writeAll(descriptor, bytes))
    }
  }

  /// Adds text.
  public func write(_ text: String) throws(ToolError) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Output.capacity { try flush() }
  }

  /// Adds text and a line feed.
  public func line(_ text: String = "") throws(ToolError) {
    buffer.append(contentsOf: text.utf8)
    try endLine()
  }

  /// Adds a JSON value on a line of its own.
  public func line(_ value: JSON) throws(ToolError) {
    value.write(to: &buffer)
    try endLine()
  }

  /// Lets `body` add bytes to the buffer directly, for writers of many small records.
  public func append(_ body: (inout [UInt8]) -> Void) throws(ToolError) {
    body(&buffer)
    if isTerminal || buffer.count >= Output.capacity { try flush() }
  }

  /// Writes everything that a writer has collected, behind what has gathered here.
  func write(_ bytes: inout OutputBuffer) throws(ToolError) {
    try flush()
    let code = bytes.withUnsafeBytes { System.writeAll(descriptor, $0) }
    bytes.removeAll()
    try check(code)
  }

  /// Writes what has gathered.
  public func flush() throws(ToolError) {
    guard !buffer.isEmpty else { return }
    let code = buffer.withUnsafeBytes { System.writeAll(descriptor, $0) }
    buffer.removeAll(keepingCapacity: true)
    try check(code)
  }

  private func check(_ code: Int32) throws(ToolError) {
    if code == EPIPE { Output.endQuietly() }
    if code != 0 { throw .system("cannot write to \(name)", code) }
  }

  private func endLine() throws(ToolError) {
    buffer.append(0x0a)
    if isTerminal || buffer.count >= Output.capacity { try flush() }
  }

  /// Ends the process as SIGPIPE does by default, also where the signal is ignored.
  private static func endQuietly() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(128 + SIGPIPE)
  }
}

extension Output {
  /// Adds bytes that may be anything; on a terminal only text passes, unless `force` is set.
  ///
  /// - Throws: ``ToolError`` with status ``ExitStatus/usage`` for other bytes on a terminal.
  public func writeData(_ bytes: [UInt8], force: Bool = false) throws(ToolError) {
    if isTerminal, !force, !Terminal.isText(bytes) {
      throw ToolError(
        .usage, "refusing to write binary data to the terminal",
        hints: ["send it to a file or a pipe", "or print it as text with --json"])
    }
    try write(bytes)
  }
}
