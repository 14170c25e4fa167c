/// What the last update of a view did.
public struct ViewStatus: Hashable, Sendable {
  /// Number of blocks that apply calls of this update appended. Blocks that came with a remote output do not count.
  public var added: UInt64
  /// Number of blocks of the view before the update that are gone, or were replaced.
  public var removed: UInt64

  /// A status; of an update that did nothing by default.
  public init(added: UInt64 = 0, removed: UInt64 = 0) {
    self.added = added
    self.removed = removed
  }

  /// What two updates did together, this one first: blocks that the second removed again are not counted as added.
  public func followed(by next: ViewStatus) -> ViewStatus {
    let undone = min(next.removed, added)
    return ViewStatus(added: added - undone + next.added, removed: removed + next.removed - undone)
  }
}
