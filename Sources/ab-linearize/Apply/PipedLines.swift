import Glibc
import ToolKit

/// Lines of standard input, taken as they come.
struct PipedLines {
  private var rest: [UInt8] = []
  /// Whether nothing more comes.
  private(set) var isAtEnd = false
  /// The longest line: what fits into a block beside a message's other members.
  private static let lineLimit = 15 << 20

  /// Reads once, and returns the lines that are complete; at the end, the last one even without line feed.
  mutating func read() throws -> [[UInt8]] {
    var lines: [[UInt8]] = []
    let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      let count = Glibc.read(0, buffer.baseAddress, buffer.count)
      if count > 0 { rest.append(contentsOf: buffer[..<count]) }
      return count
    }
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { return [] }
      throw ToolError.system("cannot read standard input", errno)
    }
    var start = 0
    while let end = rest[start...].firstIndex(of: 10) {
      lines.append(Array(rest[start..<end]))
      start = end + 1
    }
    rest.removeFirst(start)
    if count == 0 {
      isAtEnd = true
      if !rest.isEmpty { lines.append(rest) }
      rest = []
    }
    if rest.count > Self.lineLimit {
      throw ToolError(.usage, "a line of more than \(Self.lineLimit) bytes is no value")
    }
    if lines.contains(where: \.isEmpty) {
      throw ToolError(.usage, "a value must not be empty, and a line is", hint: "`grep .` leaves out empty lines")
    }
    return lines
  }
}
