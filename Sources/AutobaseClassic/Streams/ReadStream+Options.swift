extension ReadStream {
  /// How a read stream works.
  public struct Options: Sendable {
    /// Whether it goes on with what is appended later and with inputs that join. If not, it ends where inputs ended
    /// when it was opened.
    public var isLive = false
    /// Whether inputs that the checkpoint does not name are read from their end on; those that join later, too.
    public var isTail = false
    /// Where to resume.
    public var checkpoint = ReadCheckpoint()
    /// Whether an entry that is not stored here is asked for. If not, its input is left out until it is.
    public var waits = true
    /// Whether entries that link inputs which are no members are offered as ``Step/unresolved(_:)`` first.
    public var offersUnresolved = false
    /// Whether inputs that join while a stream is read are read in full although it is not live.
    public var followsMembers = false
    /// Whether entries without a value are given.
    public var includesAcks = false

    /// A stream that reads what is there, from the beginning.
    public init() {}
  }

  /// What comes next.
  public enum Step: Hashable, Sendable {
    /// This entry.
    case node(InputNode)
    /// This entry, but it depends on inputs that are not members of the base. Add them, if that is possible, and
    /// answer with ``ReadStream/resolve(_:)``.
    case unresolved(InputNode)
    /// Nothing now: a live stream goes on when an input grew or members changed.
    case waiting
    /// Nothing any more.
    case finished
  }
}
