import TestSupport

/// When to connect to which peer: at once, and after a failure ever later, never two at the same moment.
struct Dialer {
  private struct Peer {
    let index: Int
    /// When to dial; nil while that is being done, or there is a connection.
    var time: UInt64?
    var failures: UInt64 = 0
  }

  private var peers: [Peer] = []
  private var generator: SeededGenerator

  init(_ generator: SeededGenerator) { self.generator = generator }

  var nextDeadline: UInt64? { peers.compactMap(\.time).min() }

  mutating func add(_ index: Int, at now: UInt64) {
    peers.append(Peer(index: index, time: now + UInt64.random(in: 0..<250, using: &generator)))
  }

  /// The peers to dial now.
  mutating func due(at now: UInt64) -> [Int] {
    var due: [Int] = []
    for i in peers.indices {
      guard let time = peers[i].time, time <= now else { continue }
      peers[i].time = nil
      due.append(peers[i].index)
    }
    return due
  }

  mutating func connected(_ index: Int, at now: UInt64) {
    guard let i = peers.firstIndex(where: { $0.index == index }) else { return }
    peers[i].time = nil
    peers[i].failures = 0
  }

  /// A connection, or the attempt to make one, ended.
  mutating func ended(_ index: Int, at now: UInt64) {
    guard let i = peers.firstIndex(where: { $0.index == index }), peers[i].time == nil else { return }
    let full: UInt64 = min(30_000, 500 << min(peers[i].failures, 10))
    peers[i].failures += 1
    peers[i].time = now + UInt64.random(in: full / 2...full, using: &generator)
  }
}
