/// What a world is made of.
public struct WorldSettings: Sendable, Hashable {
  /// What everything follows from.
  public var seed: UInt64
  /// Nodes at the start; all of them become indexers.
  public var nodeCount: Int
  /// Virtual minutes of load and faults, after which the faults end and everybody has to agree.
  public var minutes: Double
  /// What goes wrong.
  public var faults: Faults
  /// Whether disks wait at each commit until it is durable; otherwise only before something of theirs leaves.
  public var syncsEachCommit: Bool?

  /// Settings.
  public init(
    seed: UInt64, nodeCount: Int = 3, minutes: Double = 10, faults: Faults = .all, syncsEachCommit: Bool? = nil
  ) {
    self.seed = seed
    self.nodeCount = nodeCount
    self.minutes = minutes
    self.faults = faults
    self.syncsEachCommit = syncsEachCommit
  }

  /// The arguments of `scripts/simulate` that repeat the run.
  public var arguments: String {
    var text = "--seed \(seed) --nodes \(nodeCount) --minutes \(minutes) --faults \(faults.list)"
    if let syncsEachCommit { text += syncsEachCommit ? " --sync full" : " --sync normal" }
    return text
  }
}
