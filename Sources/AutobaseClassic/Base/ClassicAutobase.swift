public import CompactEncoding
public import Hypercore

/// A base: some inputs, merged into one order, and outputs that hold views of it.
///
/// Everything here is synchronous, and belongs to whoever owns the base. What reads logs throws
/// ``ClassicError/unavailable(key:seq:length:)`` when a block is not here; fetch it, then ask again.
public final class ClassicAutobase {
  /// How a base works.
  public struct Options: Sendable {
    /// Whether the newest entries are taken as they are. If not, clocks are reduced to what can be read with all it
    /// links to; see ``ClassicAutobase/latest(_:)``.
    public var isSparse = true
    /// The layout of inputs and outputs that begin empty: alpha.8 or alpha.9. Others are continued in theirs.
    public var newFormat = NodeFormat.alpha9
    /// Which version's rules order the entries.
    public var order = CausalOrder.alpha9
    /// A view is updated in steps of about so many nodes: what an apply call is told to be ``ApplyContext/upcoming``.
    public var stepNodeCount = 1024
    /// Whether each of these steps is a transaction of its own in the local output. If not, an update is one. When a long
    /// update is cut off, its steps are kept, and what is there is a view, only an older one of the new order.
    public var storesEachStep = false

    /// The usual options.
    public init() {}
  }

  /// A log that can be appended to.
  public typealias WritableLog = any CausalLog & AppendableLog

  /// How it works.
  public let options: Options
  /// Where ``append(_:clock:input:)-(_,CausalClock?,_)`` writes when nothing else is said.
  public var localInput: WritableLog?
  /// Where the view is persisted.
  public var localOutput: WritableLog? { didSet { changed() } }
  /// The linearized view; nil before ``start(apply:unwrap:)``.
  ///
  /// Before its first update it shows what the local output has, and is empty without one.
  public internal(set) var view: LinearizedView?
  /// Whether the base was closed.
  public private(set) var isClosed = false
  /// Called when an input grew, as far as it is known, and when members changed.
  public var onChange: (() -> Void)?

  /// In the order in which they were added.
  private(set) var members: [InputLog] = []
  private var outputLogs: [any CausalLog] = []
  /// Counts committed changes of members.
  private(set) var memberVersion: UInt64 = 0
  /// Of the current members.
  private(set) var roster = Roster([])
  private var knownClocks = DerivedClocks([], roster: Roster([]))
  /// Logs that were appended to, with what is known of their keys.
  var writers: [Fixed32: InputLog] = [:]
  let changes = ChangeSignal()
  private var observers: [Fixed32: AnyObject] = [:]

  /// A base. Duplicates among the logs are ignored; the key tells.
  ///
  /// If `autostart` is true or `apply` is given, it is started at once; see ``start(apply:unwrap:)``.
  public init(
    inputs: [any CausalLog] = [], outputs: [any CausalLog] = [], localInput: WritableLog? = nil,
    localOutput: WritableLog? = nil, options: Options = .init(), autostart: Bool = false, apply: ApplyFunction? = nil,
    unwrap: Bool = false
  ) {
    precondition(options.newFormat != .v7, "a base writes one of the classic layouts")
    self.options = options
    self.localInput = localInput
    self.localOutput = localOutput
    var known: Set<Fixed32> = []
    for log in inputs where known.insert(log.key).inserted { members.append(InputLog(log)) }
    known = []
    for log in outputs where known.insert(log.key).inserted { outputLogs.append(log) }
    rebuild()
    if autostart || apply != nil { makeView(apply: apply, unwrap: unwrap) }
  }

  // MARK: Members

  /// The inputs, in the order in which they were added.
  public var inputs: [any CausalLog] { members.map(\.log) }
  /// The outputs, in the order in which they were added.
  public var outputs: [any CausalLog] { outputLogs }
  /// Whether there is a view.
  public var started: Bool { view != nil }

  /// At which length an input is frozen; nil when it is not.
  public func frozenLength(of key: Fixed32) -> UInt64? { member(key)?.frozenLength }

  /// Begins changes of members that take effect together.
  public func memberBatch() -> MemberBatch { MemberBatch(self) }

  /// Adds an input; nothing happens if it is one.
  public func addInput(_ log: any CausalLog) throws { try commit([.addInput(log)], begunAt: memberVersion) }
  /// Removes an input with all its entries. Links to them are ignored from now on; entries that are appended go on to
  /// carry them.
  public func removeInput(_ key: Fixed32) throws { try commit([.removeInput(key)], begunAt: memberVersion) }
  /// Keeps the first `length` entries of an input, less the members of a batch that would be torn apart, and ignores
  /// all others, old and new.
  public func freezeInput(_ key: Fixed32, at length: UInt64) throws {
    try commit([.freezeInput(key, length: length)], begunAt: memberVersion)
  }
  /// Ends the freezing of an input.
  public func thawInput(_ key: Fixed32) throws { try commit([.thawInput(key)], begunAt: memberVersion) }
  /// Adds an output; nothing happens if it is one.
  public func addOutput(_ log: any CausalLog) throws { try commit([.addOutput(log)], begunAt: memberVersion) }
  /// Removes an output; nothing happens if it is none.
  public func removeOutput(_ key: Fixed32) throws { try commit([.removeOutput(key)], begunAt: memberVersion) }

  func commit(_ list: [MemberBatch.Change], begunAt version: UInt64) throws {
    try checkOpen()
    guard version == memberVersion else { throw ClassicError.batchOutOfDate }
    var (inputs, outputs) = (members, outputLogs)
    for change in list {
      switch change {
      case .addInput(let log):
        if !inputs.contains(where: { $0.key == log.key }) { inputs.append(InputLog(log)) }
      case .removeInput(let key): inputs.removeAll { $0.key == key }
      case .freezeInput(let key, let length):
        guard let place = inputs.firstIndex(where: { $0.key == key }) else { throw ClassicError.notAnInput(key) }
        let frozen = try inputs[place].batchBoundary(before: length)
        inputs[place] = InputLog(inputs[place].log, frozenLength: frozen)
      case .thawInput(let key):
        guard let place = inputs.firstIndex(where: { $0.key == key }) else { throw ClassicError.notAnInput(key) }
        inputs[place] = InputLog(inputs[place].log)
      case .addOutput(let log): if !outputs.contains(where: { $0.key == log.key }) { outputs.append(log) }
      case .removeOutput(let key): outputs.removeAll { $0.key == key }
      }
    }
    memberVersion += 1
    (members, outputLogs) = (inputs, outputs)
    rebuild()
    changed()
  }

  private func rebuild() {
    roster = Roster(members.map(\.key))
    knownClocks = DerivedClocks(members, roster: roster)
    var kept: [Fixed32: AnyObject] = [:]
    for member in members {
      kept[member.key] =
        observers[member.key] ?? (try? (member.log as? any ObservableLog)?.observe { [weak self] in self?.changed() })
    }
    observers = kept
  }

  /// The derived clocks of the current members; computed anew after a truncation.
  var derived: DerivedClocks {
    if !knownClocks.isCurrent { knownClocks = DerivedClocks(members, roster: roster) }
    return knownClocks
  }

  func member(_ key: Fixed32) -> InputLog? { members.first { $0.key == key } }

  // MARK: News

  /// Tells the base that inputs may have grown: live streams go on. An ``ObservableLog`` tells by itself what this
  /// process does to it; for what others do, call this.
  public func inputsChanged() { changed() }

  func changed() {
    if isClosed { return }
    changes.signal()
    onChange?()
  }

  /// Ends the base: streams that wait for news end, and nothing can be appended. Logs stay open: they belong to
  /// whoever opened them.
  public func close() {
    if isClosed { return }
    isClosed = true
    observers = [:]
    changes.signal()
  }

  func checkOpen() throws { if isClosed { throw ClassicError.closed } }

  // MARK: What a log is

  /// Whether a log is an input or an output of some base: its first block says so. False when it is empty, when its
  /// first block is not here, and for oplogs.
  public static func isAutobase(_ log: any ReadableLog) -> Bool {
    guard log.length > 0, let first = try? log.block(at: 0), let found = NodeFormat.detect(firstBlock: first) else {
      return false
    }
    return found.format != .v7
  }
}
