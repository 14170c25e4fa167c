/// What is wrong with a line of the protocol.
public enum ApplyProtocolError: Error, Sendable, Hashable {
  /// It is no JSON object.
  case notAnObject(String)
  /// Its type is none that may come.
  case type(found: String?, expected: String)
  /// A member is missing or of the wrong kind.
  case member(String, expected: String)
  /// The program speaks another version.
  case version(UInt64)
  /// A line came when nothing was asked.
  case unasked
  /// A line is longer than any answer may be.
  case tooLong(limit: Int)
  /// An answer names another batch.
  case wrongBatch(UInt64, expected: UInt64)
  /// An answer has not as many results as the batch has nodes.
  case resultCount(Int, expected: Int)
  /// A view that nobody named.
  case unknownView(String)
  /// A host call in a classic view.
  case callInClassicView
  /// The views of the program are not those of the command line.
  case otherViews(program: [String], commandLine: [String])
  /// A block is larger than blocks can be.
  case blockTooLarge(Int)
  /// Too many questions for blocks in one batch.
  case tooManyQuestions
}

extension ApplyProtocolError: CustomStringConvertible {
  /// One line for people, behind "the program said nonsense: ".
  public var description: String {
    switch self {
    case .notAnObject(let reason): "not a JSON object: \(reason)"
    case .type(let found?, let expected): "a line of type \"\(found)\" where \(expected) was due"
    case .type(nil, let expected): "a line without a type where \(expected) was due"
    case .member(let name, let expected): "\(name) is not \(expected)"
    case .version(let version): "it speaks version \(version) of the protocol, not \(ApplyLimits.version)"
    case .unasked: "a line that nobody asked for"
    case .tooLong(let limit): "a line of more than \(limit) bytes"
    case .wrongBatch(let id, let expected): "an answer to batch \(id), not to batch \(expected)"
    case .resultCount(let count, let expected): "\(count) results for \(expected) nodes"
    case .unknownView(let name): "a view \"\(name)\" that was not named at the start"
    case .callInClassicView: "a host call, which a classic view has not"
    case .otherViews(let program, let commandLine):
      "its views are \(program.joined(separator: ", ")), and the command line names"
        + " \(commandLine.joined(separator: ", "))"
    case .blockTooLarge(let size): "a block of \(size) bytes, more than \(ApplyLimits.blockByteCount)"
    case .tooManyQuestions: "more than \(ApplyLimits.getCount) questions for blocks in one batch"
    }
  }
}
