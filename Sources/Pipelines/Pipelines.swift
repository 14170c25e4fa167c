/// # Pipelines
///
/// Work on one stream by several threads, a few pieces apart, in order: what one thread makes another one takes.
///
/// * ``ReadAhead`` makes items on a thread of its own, before they are asked for.
/// * ``Pipeline`` works on pieces on a thread of its own, after they were brought.
/// * ``Monitor`` is what both wait with: a state, its lock, and waiting until the state is as wished.
///
/// An error ends the work, and is thrown on the side that did not cause it. Memory is bounded by the few items that may
/// wait.
