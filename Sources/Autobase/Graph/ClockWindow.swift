/// The clocks of one writer's nodes that are in the graph, by length; what consensus reads of a ``WriterWindow``.
///
/// A pointer to memory of its own, which the window frees.
struct ClockWindow {
  private struct State {
    var clocks: UnsafeMutablePointer<Clock>
    var capacity = 16
    var start = 0
    var end = 0
    var offset: UInt64
  }

  private let state: UnsafeMutablePointer<State>

  init(offset: UInt64) {
    state = .allocate(capacity: 1)
    state.initialize(to: State(clocks: .allocate(capacity: 16), offset: offset))
  }

  func deallocate() {
    state.pointee.clocks.deallocate()
    state.deallocate()
  }

  /// Nodes up to this length are gone.
  var offset: UInt64 { state.pointee.offset }
  /// Nodes up to this length are here, or were.
  var length: UInt64 { state.pointee.offset + UInt64(state.pointee.end - state.pointee.start) }

  /// The clock of the node of that length, while it is here.
  func clock(_ length: UInt64) -> Clock? {
    guard length > offset, length <= self.length else { return nil }
    return state.pointee.clocks[state.pointee.start + Int(length - offset) - 1]
  }

  /// The clock of the last node.
  var newest: Clock? { clock(length) }

  func append(_ clock: Clock) {
    if state.pointee.end == state.pointee.capacity { makeRoom() }
    state.pointee.clocks[state.pointee.end] = clock
    state.pointee.end += 1
  }

  func dropFirst() {
    state.pointee.start += 1
    state.pointee.offset += 1
  }

  /// Drops all clocks.
  func removeAll() { state.pointee.end = state.pointee.start }

  /// Moves what is left to the front, of larger memory if that fills most of it.
  private func makeRoom() {
    let (old, start) = (state.pointee.clocks, state.pointee.start)
    let count = state.pointee.end - start
    if count > state.pointee.capacity / 2 { state.pointee.capacity *= 2 }
    let clocks = UnsafeMutablePointer<Clock>.allocate(capacity: state.pointee.capacity)
    clocks.update(from: old + start, count: count)
    old.deallocate()
    state.pointee.clocks = clocks
    state.pointee.start = 0
    state.pointee.end = count
  }
}
