/// Changes to several logs that stay in memory until they are written as one commit.
///
/// ```swift
/// let atom = store.context.atom()
/// let a = try log.session(in: atom), b = try other.session(in: atom)
/// try a.append([1])          // seen by `a` only
/// try b.append([2])
/// try atom.flush()           // both, or neither
/// ```
///
/// A write transaction does the same for code that runs through in one go; an atom may stay open while the store goes
/// on. If one of its logs changes meanwhile, ``flush()`` throws ``SessionError/atomConflict(length:fork:foundLength:foundFork:)``
/// and writes nothing.
///
/// Source: spec 01 §12.2.
public final class Atom {
  /// Where the sessions inside the atom live.
  public let context: StoreContext
  let overlay: OverlayStorage
  private let base: StoreContext
  private var events: [AreaID: (truncation: (length: UInt64, fork: UInt64)?, appended: Bool)] = [:]

  init(on base: StoreContext) {
    self.base = base
    overlay = OverlayStorage(base)
    context = StoreContext(overlay)
    context.clock = base.clock
    context.mainContext = base
    context.owningAtom = self
  }

  /// Writes everything in one commit. The atom and its sessions stay usable, and start from what was written.
  ///
  /// - Throws: ``SessionError/atomConflict(length:fork:foundLength:foundFork:)`` when a log changed outside the atom,
  ///   or an error of the storage. Nothing is written then.
  public func flush() throws {
    try base.write(durability: .full) {
      for (id, touched) in overlay.areas {
        guard let found = try base.storage.area(id)?.head else { throw SessionError.closed("flush") }
        guard found.length == touched.start.length, found.fork == touched.start.fork else {
          throw SessionError.atomConflict(
            length: touched.start.length, fork: touched.start.fork, foundLength: found.length, foundFork: found.fork)
        }
      }
      for (id, event) in events {
        guard let truncation = event.truncation else { continue }
        try base.state(id).willTruncateOutside(to: truncation.length)
      }
      base.willChange()
      for change in overlay.changes { try change(base.storage) }
      for id in overlay.areas.keys {
        guard try base.storage.area(id) != nil else {
          base.states[id]?.isDead = true
          base.states[id] = nil
          continue
        }
        let event = events[id]
        try base.state(id).reload(truncation: event?.truncation, appended: event?.appended ?? false)
      }
    }
    discard()
  }

  /// Forgets all changes.
  public func discard() {
    overlay.reset()
    events.removeAll()
  }

  func note(_ id: AreaID, truncation: (length: UInt64, fork: UInt64)?, appended: Bool) {
    var event = events[id] ?? (nil, false)
    if let truncation {
      event.truncation = (min(truncation.length, event.truncation?.length ?? .max), truncation.fork)
      event.appended = false
    }
    event.appended = event.appended || appended
    events[id] = event
  }
}

extension StoreContext {
  /// An atom without changes.
  public func atom() -> Atom { Atom(on: self) }
}

extension Hypercore {
  /// A session on the same state inside an atom.
  public func session(in atom: Atom) throws -> Hypercore {
    try read("open a session") { _ in
      guard frozen == nil else { throw SessionError.notADraft }
      return try atom.context.read {
        Hypercore(
          core: try atom.context.core(core.record), state: try atom.context.state(state.id), keyPair: keyPair,
          isReadOnly: isReadOnly, encryption: encryption)
      }
    }
  }
}
