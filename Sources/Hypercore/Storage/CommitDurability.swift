/// What a commit is worth in a power failure. A process that dies never loses anything that was committed.
public enum CommitDurability: Sendable {
  /// It survives, as far as the storage was opened for that.
  case full
  /// The newest relaxed commits may be undone, the last one first, unless ``StoreContext/makeDurable()`` or a full
  /// commit came after them. Right for what can be fetched or computed again.
  case relaxed
}
