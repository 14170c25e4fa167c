import CompactEncoding

/// Where an apply call ended: the prefix of the order that had been applied then, and the length of the view.
///
/// Equal prefix clocks mean equal histories: two causal streams that come past the same prefix clock go on alike, so
/// the blocks below a mark are those that any other view with the same inputs has there.
struct ViewMark {
  /// The prefix clock.
  let clock: CausalClock
  /// Number of nodes that the clock covers; grows from mark to mark.
  let operations: UInt64
  /// Number of blocks that had been appended.
  let length: UInt64
}
