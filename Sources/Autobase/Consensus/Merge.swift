/// An open node that joins branches of indexers.
///
/// It matters only with a majority of votes. While it lacks that, as many indexers as can prevent it (n − majority + 1)
/// are *watched*: each lacks a vote for a reason that the ``WatchList`` knows how to notice the end of.
final class Merge {
  unowned let node: Node
  /// The place of its writer among the indexers.
  let place: Int
  /// The order in which merges came.
  let order: UInt64
  /// Whether its node is not yielded.
  var isOpen = true
  /// Whether a majority votes for it. Once true, true for ever.
  var hasMajority = false
  /// The indexers whose missing votes are watched.
  var isWatched: [Bool]

  init(node: Node, place: Int, order: UInt64, indexers: Int) {
    self.node = node
    self.place = place
    self.order = order
    isWatched = Array(repeating: false, count: indexers)
  }
}
