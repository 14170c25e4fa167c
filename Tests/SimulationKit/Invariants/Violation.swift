/// Something that must never happen happened.
public struct Violation: Error, Sendable, CustomStringConvertible {
  /// What, in one line.
  public let description: String

  init(_ description: String) { self.description = description }
}
