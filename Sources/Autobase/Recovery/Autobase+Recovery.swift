import CompactEncoding
import Hypercore

/// A writer that may have lost the end of its own log must not write before it knows where that ends: a second block at
/// an index that others already have would split the log for ever (spec 01 §12.5).
///
/// It downloads its own log like any other, and goes on once all peers have been watched for a while and none has more.
struct RecoveryWatch {
  /// Since when all peers have no more than the own log of that length.
  var since: UInt64?
  var length: UInt64 = 0

  /// How long to watch.
  static let milliseconds: UInt64 = 8000
}

extension Autobase {
  /// What a peer says of the local writer's log.
  public struct LocalPeer: Sendable, Hashable {
    /// The length it has.
    public var length: UInt64
    /// Whether it has told all it has; an answer of 0 before that says nothing.
    public var isSynced: Bool

    /// What a peer says.
    public init(length: UInt64, isSynced: Bool) {
      self.length = length
      self.isSynced = isSynced
    }
  }

  /// Whether nothing may be appended until a peer confirms where the local log ends.
  public var isRecovering: Bool { recovery != nil }

  /// Says that the end of the local log may have been lost: a store that was restored, or whose newest transactions
  /// were. The base begins it by itself when others have seen more of the log than is here. It is remembered until ``confirmLocalLength(_:now:)`` ends it.
  public func beginRecovery() throws {
    guard let local else { return }
    try storage.write { try local.setUserData(UserDataKey.recovering, [1]) }
    recovery = RecoveryWatch()
  }

  /// Begins a recovery when others have seen more of the local log than is here.
  func noticeLostTail() throws {
    guard recovery == nil, let ownLog, mayWrite, ownLog.length < evidencedLength else { return }
    try beginRecovery()
  }

  /// The length of the local log that members' nodes and the system view speak of. What strangers say is no evidence.
  private var evidencedLength: UInt64 {
    guard let ownLog, let reader = readers[ownLog.key] else { return 0 }
    let indexed = indexedInfo.indexers.first { $0.key == ownLog.key }?.length ?? 0
    let head = indexedInfo.heads.first { $0.key == ownLog.key }?.length ?? 0
    let known = max(reader.window.offset, indexed, head)
    guard reader.announcedLength > ownLog.length else { return known }
    let told = readers.all.compactMap { other in
      other.missing?.key == ownLog.key && (try? system.isRemoved(other.key)) == false ? other.missing?.length : nil
    }
    return max(known, told.max() ?? 0)
  }

  /// Ends the recovery when peers have confirmed the local log's length for long enough. Called with what all peers say
  /// whenever that changes, and at ``recoveryDeadline``.
  ///
  /// - Returns: whether values can be appended.
  @discardableResult
  public func confirmLocalLength(_ peers: [LocalPeer], now: UInt64) throws -> Bool {
    guard var watch = recovery, let local else { return true }
    let length = local.length
    let isConfirmed =
      length >= evidencedLength && !peers.isEmpty
      && peers.allSatisfy { $0.length <= length && ($0.length > 0 || $0.isSynced) }
    if !isConfirmed || watch.length != length { watch.since = nil }
    watch.length = length
    if isConfirmed && watch.since == nil { watch.since = now }
    recovery = watch
    guard let since = watch.since, now >= since + RecoveryWatch.milliseconds else { return false }
    try storage.write { try local.setUserData(UserDataKey.recovering, nil) }
    recovery = nil
    return true
  }

  /// When ``confirmLocalLength(_:now:)`` is to be called although nothing has changed.
  public var recoveryDeadline: UInt64? { recovery?.since.map { $0 + RecoveryWatch.milliseconds } }
}
