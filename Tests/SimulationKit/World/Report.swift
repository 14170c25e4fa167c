/// What came out of a world.
public struct Report: Sendable, Hashable, CustomStringConvertible {
  /// A hash over the time and text of every event; equal for equal settings, whenever and wherever they are run.
  public var traceHash: UInt64
  /// Number of events.
  public var eventCount: Int
  /// Virtual seconds from beginning to end.
  public var seconds: UInt64
  /// Virtual seconds from the end of the faults until all nodes agreed.
  public var recoverySeconds: UInt64
  /// Entries that were acknowledged.
  public var entryCount: Int
  /// Writes that were refused.
  public var refusedCount: Int
  /// Frames that arrived.
  public var frameCount: Int
  /// Bytes of these frames.
  public var byteCount: Int
  /// Commits of all disks.
  public var commitCount: Int
  /// Most steps of a node in half a minute in which nothing happened.
  public var idleStepCount: Int
  /// How often each fault came.
  public var faultCounts: [String]
  /// Final length of the system view.
  public var indexedLength: UInt64

  public var description: String {
    """
    \(entryCount) entries (\(refusedCount) refused), system \(indexedLength), \(seconds) s, agreed after \
    \(recoverySeconds) s, \(frameCount) frames, \(byteCount) bytes, \(commitCount) commits, \(eventCount) events, \
    idle \(idleStepCount), trace \(String(traceHash, radix: 16)) [\(faultCounts.joined(separator: " "))]
    """
  }
}
