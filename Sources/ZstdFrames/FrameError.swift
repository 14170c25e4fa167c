/// Why a row of frames cannot be read.
public enum FrameError: Error, Sendable, Equatable {
  /// The first bytes are those of something else.
  case notCompressed
  /// The frame that begins at byte `offset` is damaged.
  case damaged(offset: UInt64, detail: String)
  /// The input ends too early, after `offset` bytes.
  case truncated(offset: UInt64)
}

extension FrameError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .notCompressed: "it is not compressed by zstd"
    case .damaged(let offset, let detail): "it is damaged from byte \(offset) on: \(detail)"
    case .truncated(let offset): "it ends too early, after \(offset) bytes"
    }
  }
}
