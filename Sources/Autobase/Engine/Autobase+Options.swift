extension Autobase {
  /// Settings of a base.
  public struct Options: Sendable {
    /// Whether strangers may write nodes that `apply` can accept.
    public var isOptimistic: Bool
    /// Most nodes taken into the graph before they are applied.
    public var nodesPerRound: Int
    /// As long as there are no more writers than this, all of them are replicated all the time.
    public var activeWriters: Int
    /// Whether a system core that follows a change of indexers after a fork names the encryption core from before the
    /// change, as versions from 7.19 on do; 7.18 and this library name the new one. All nodes of a base must agree.
    public var linksOldEncryption: Bool
    /// Whether to go on from a state that others have signed when much is missing.
    public var fastForwards: Bool
    /// Whether to apply everything again that is not final when the base is opened.
    public var dropsTip: Bool
    /// Whether an error in `apply` closes the base, as in the reference; else only what led to it is undone.
    public var closesOnError: Bool
    /// Whether ``Autobase/advance()`` does one round only, and so keeps what was applied even if there is much more to do:
    /// it is called again while ``Autobase/isHalfway``.
    public var isStepwise: Bool
    /// Whether to download, after that, the blocks of views that were not computed here; else only those that are read.
    public var downloadsViews: Bool

    /// The defaults.
    public init(
      isOptimistic: Bool = false, nodesPerRound: Int = 4096, activeWriters: Int = 64, linksOldEncryption: Bool = false,
      fastForwards: Bool = true, downloadsViews: Bool = true, closesOnError: Bool = false, dropsTip: Bool = false,
      isStepwise: Bool = false
    ) {
      self.isOptimistic = isOptimistic
      self.nodesPerRound = nodesPerRound
      self.activeWriters = activeWriters
      self.linksOldEncryption = linksOldEncryption
      self.fastForwards = fastForwards
      self.closesOnError = closesOnError
      self.dropsTip = dropsTip
      self.isStepwise = isStepwise
      self.downloadsViews = downloadsViews
    }
  }
}
