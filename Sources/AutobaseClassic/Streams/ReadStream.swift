import CompactEncoding
import Hypercore

/// The entries of all inputs, oldest first: no entry comes after one that depends on it. Apart from that the order is
/// not determined.
///
/// A state machine without hooks of its own: ``step()`` tells what comes next, and its caller answers. ``next()`` is
/// for streams that end. ``ReadSequence`` is the same for tasks that wait.
///
/// An input that is removed from the base is read no further.
public struct ReadStream {
  private let base: ClassicAutobase
  /// How it works.
  public let options: Options
  private let limits: [Fixed32: UInt64]
  /// Positions of inputs that are not read now.
  private var positions: ReadCheckpoint
  private var lanes: [Lane] = []
  /// What was read and not given yet, in the order in which it was read.
  private var loaded: [Loaded] = []
  private var version: UInt64?
  /// The news of the base when all lanes were last looked at.
  private var news: UInt64?
  /// The lane of what was given last.
  private var last: Int?
  /// The input whose next entry is given although it is unresolved.
  private var accepted: Fixed32?
  private var offered: Fixed32?

  private struct Lane {
    let input: InputLog
    let column: Int
    let limit: UInt64
    var position: UInt64
    var cursor: InputCursor
    var isLoaded = false
  }

  private struct Loaded {
    let lane: Int
    let column: Int
    let head: Head
  }

  init(_ base: ClassicAutobase, _ options: Options) {
    self.base = base
    self.options = options
    var limits: [Fixed32: UInt64] = [:]
    if !options.isLive { for member in base.members { limits[member.key] = member.length } }
    self.limits = limits
    positions = options.checkpoint
    // Where tails begin is where inputs end now.
    openLanes()
  }

  /// How far it has come: a copy to resume from.
  public var checkpoint: ReadCheckpoint {
    var copy = positions
    for lane in lanes { copy[lane.input.key] = lane.position }
    return copy
  }

  /// What comes next. A `node` step is given once; all others are repeated until something changed.
  ///
  /// - Throws: ``ClassicError/unavailable(key:seq:length:)`` when an entry is not here and ``Options/waits`` is true;
  ///   ``ClassicError/cycle(keys:)``; other ``ClassicError``s. The stream can go on when the cause is gone.
  public mutating func step() throws -> Step {
    while true {
      if base.isClosed { return .finished }
      try look()
      guard let place = loaded.indices.first(where: { isOldest($0) }) else {
        if loaded.isEmpty { return options.isLive ? .waiting : .finished }
        throw ClassicError.cycle(keys: loaded.map { lanes[$0.lane].input.key })
      }
      let entry = loaded[place]
      let key = lanes[entry.lane].input.key
      if try loadLinks(of: entry) { continue }
      if options.offersUnresolved && accepted != key && !entry.head.clock.foreign.isEmpty {
        offered = key
        return .unresolved(entry.head.node(base.roster, entry.column))
      }
      loaded.remove(at: place)
      (accepted, offered) = (nil, nil)
      last = entry.lane
      lanes[entry.lane].isLoaded = false
      lanes[entry.lane].position = entry.head.seq + 1
      if entry.head.value == nil && !options.includesAcks { continue }
      return .node(entry.head.node(base.roster, entry.column))
    }
  }

  /// Answers ``Step/unresolved(_:)``.
  ///
  /// - Parameter isResolved: true when the missing input was added: what comes next is looked for again. Otherwise the
  ///   entry is given as it is.
  public mutating func resolve(_ isResolved: Bool) {
    if !isResolved { accepted = offered }
    offered = nil
  }

  /// The next entry; nil at the end, and in a live stream when there is nothing now. Entries that depend on unknown
  /// inputs are given as they are.
  ///
  /// - Throws: as ``step()``.
  public mutating func next() throws -> InputNode? {
    while true {
      switch try step() {
      case .node(let node): return node
      case .unresolved: resolve(false)
      case .waiting, .finished: return nil
      }
    }
  }

  // MARK: Reading

  /// Has the next entry of every input that is read and has one.
  private mutating func look() throws {
    if version != base.memberVersion { openLanes() }
    let count = base.changes.count
    // What was given last is followed by the next of its input. The others are at their ends, or not here: they are
    // looked at again when there are news, or nothing else is left.
    let looksAtAll = news != count || loaded.isEmpty || !options.waits
    if looksAtAll {
      for lane in lanes.indices where !lanes[lane].isLoaded { try load(lane) }
    } else if let last {
      try load(last)
    }
    (news, last) = (count, nil)
  }

  /// Opens the inputs that are read now. What was read before is read again: rows have other columns now.
  private mutating func openLanes() {
    positions = checkpoint
    loaded = []
    lanes = []
    version = base.memberVersion
    (news, last) = (nil, nil)
    let followsMembers = options.isLive || options.offersUnresolved || options.followsMembers
    for member in base.members {
      guard let column = base.roster.index(of: member.key), limits[member.key] != nil || followsMembers else {
        continue
      }
      lanes.append(
        Lane(
          input: member, column: column, limit: limits[member.key] ?? .max,
          position: positions[member.key] ?? (options.isTail ? member.length : 0),
          cursor: InputCursor(
            member, column: column, roster: base.roster, direction: .forward, derived: base.derived)))
    }
  }

  private mutating func load(_ index: Int) throws {
    try lanes[index].cursor.checkEpoch()
    guard lanes[index].position < min(lanes[index].limit, lanes[index].input.length) else { return }
    do {
      let head = try lanes[index].cursor.head(at: lanes[index].position)
      loaded.append(Loaded(lane: index, column: lanes[index].column, head: head))
      lanes[index].isLoaded = true
    } catch ClassicError.unavailable where !options.waits {}
  }

  /// Whether entries were read that this one depends on and that came after its input was last looked at.
  private mutating func loadLinks(of entry: Loaded) throws -> Bool {
    let count = loaded.count
    for lane in lanes.indices where !lanes[lane].isLoaded {
      if entry.head.clock.row[lanes[lane].column] > lanes[lane].position { try load(lane) }
    }
    return loaded.count > count
  }

  /// Whether an entry depends on none of the others that were read.
  private func isOldest(_ place: Int) -> Bool {
    let clock = loaded[place].head.clock.row
    for other in loaded.indices where other != place && clock[loaded[other].column] > loaded[other].head.seq {
      return false
    }
    return true
  }
}
