import ToolKit

/// The records of a verb's archives and of its pipe, one after the other.
final class RecordSource {
  private var stream: StreamReader?

  /// - Parameter readsPipe: whether standard input is read.
  init(readsPipe: Bool) throws {
    stream = readsPipe ? try StreamReader(path: "-") : nil
  }

  /// The next record; nil at the end of everything.
  func next() throws -> StreamRecord? { try stream?.next() }

  /// Whether ``next()`` will probably return without waiting.
  var isReady: Bool { stream?.isReady ?? true }
}
