import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

/// Random histories, random outputs and random moments of update: content, status and number of apply calls are those
/// of a plain model.
@Suite struct ViewPropertyTests {
  /// Appends, for each value, none to two blocks that depend on the block before.
  static func blocks(_ values: [[UInt8]], _ view: inout [[UInt8]]) {
    for value in values {
      for copy in 0..<value[0] % 3 {
        let before = view.last?.reduce(UInt8(0)) { $0 &* 31 &+ $1 } ?? 0
        view.append(value + [copy, before, UInt8(truncatingIfNeeded: view.count)])
      }
    }
  }

  /// A view that is checked, and the apply calls of which it consists.
  final class Subject {
    enum Kind { case memory, local, reopened, remote }

    let kind: Kind
    let output: KeyedMemoryLog?
    var outputs: [Subject] = []
    var opened: ClassicAutobase?
    var base: ClassicAutobase { opened! }
    var calls: [PlainModel.Call] = []
    var applied = 0
    /// What an observer of the events knows.
    var observed: [[UInt8]] = []

    init(_ kind: Kind, output: KeyedMemoryLog? = nil) {
      self.kind = kind
      self.output = output
    }
  }

  @Test(arguments: 0..<(isLong ? 1000 : 12)) func `Views of random histories are those of the plain model`(
    _ number: Int
  ) throws {
    let seed = UInt64(0x5eed_0000 + number)
    try run(seed: seed, rounds: 8, format: number % 3 == 0 ? .alpha8 : .alpha9)
  }

  private func run(seed: UInt64, rounds: Int, format: NodeFormat) throws {
    var random = SeededGenerator(seed: seed)
    let world = ViewWorld(String("abcde".prefix(Int.random(in: 2...5, using: &random))), format: format)
    var model = PlainModel()
    for log in world.logs { model.members[log.key] = .max }

    let local = Subject(.local, output: world.output(1))
    let reopened = Subject(.reopened, output: world.output(2))
    let remote = Subject(.remote)
    remote.outputs = [local, reopened]
    let single = Subject(.remote)
    single.outputs = [reopened]
    let subjects = [local, reopened, remote, single, Subject(.memory)]
    for subject in subjects { open(subject, world, model) }

    for round in 0..<rounds {
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let log = world.logs.randomElement(using: &random)!
        let values = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.bytes(3) }
        try append(values, to: log, world, &model, using: &random)
      }
      if Int.random(in: 0..<5, using: &random) == 0 {
        try changeMembers(world, subjects, &model, using: &random)
      }
      for subject in subjects.shuffled(using: &random) where Int.random(in: 0..<3, using: &random) > 0 {
        try update(subject, world, model, "seed \(seed), round \(round), \(subject.kind)")
      }
    }
    for subject in subjects { try update(subject, world, model, "seed \(seed), at the end, \(subject.kind)") }
  }

  private func open(_ subject: Subject, _ world: ViewWorld, _ model: PlainModel) {
    let base = ClassicAutobase(
      inputs: world.logs.filter { model.members[$0.key] != nil }, outputs: subject.outputs.compactMap(\.output),
      localOutput: subject.output, options: ViewWorld.options(world.format), autostart: true
    ) { [unowned subject] batch, context in
      subject.applied += 1
      let view = context.view
      var blocks = try (0..<view.length).map { try view.value(at: $0) }
      let start = blocks.count
      Self.blocks(batch.map { $0.node.value! }, &blocks)
      #expect(try view.append(Array(blocks[start...])) == UInt64(blocks.count))
    }
    for (key, length) in model.members where length != .max { try! base.freezeInput(key, at: UInt64(length)) }
    subject.opened = base
  }

  private func append(
    _ values: [[UInt8]], to log: KeyedMemoryLog, _ world: ViewWorld, _ model: inout PlainModel,
    using random: inout SeededGenerator
  ) throws {
    var clock = CausalClock()
    let kind = Int.random(in: 0..<4, using: &random)
    for other in world.logs where other.length > 0 {
      switch kind {
      case 0: continue
      case 1: clock[other.key] = UInt64.random(in: 0..<other.length, using: &random)
      default: clock[other.key] = other.length - 1
      }
    }
    // Links to other inputs are carried over from the newest entry.
    var links: [Fixed32: Int] = [:]
    for (key, seq) in model.inputs[log.key]?.last?.clock ?? [:] where key != log.key { links[key] = seq }
    for entry in clock.entries { links[entry.key] = Int(entry.seq) }
    try world.author.append(values, clock: clock, input: log)
    model.append(values, to: log.key, clock: links)
  }

  private func changeMembers(
    _ world: ViewWorld, _ subjects: [Subject], _ model: inout PlainModel, using random: inout SeededGenerator
  ) throws {
    let log = world.logs.randomElement(using: &random)!
    let bases = subjects.map(\.base)
    switch (model.members[log.key], Bool.random(using: &random)) {
    case (nil, _):
      for base in bases { try base.addInput(log) }
      model.members[log.key] = .max
    case (Int.max, true) where model.members.count > 1:
      for base in bases { try base.removeInput(log.key) }
      model.members[log.key] = nil
    case (Int.max, _):
      // At the end of a batch.
      let entries = model.inputs[log.key] ?? []
      guard !entries.isEmpty else { return }
      let place = Int.random(in: 0..<entries.count, using: &random)
      let length = place + entries[place].rest + 1
      for base in bases { try base.freezeInput(log.key, at: UInt64(length)) }
      model.members[log.key] = length
    default:
      for base in bases { try base.thawInput(log.key) }
      model.members[log.key] = .max
    }
  }

  private func update(
    _ subject: Subject, _ world: ViewWorld, _ model: PlainModel, _ comment: String
  ) throws {
    if subject.kind == .reopened {
      open(subject, world, model)
      subject.observed = subject.calls.blocks
    }
    let view = try #require(subject.base.view)
    view.onEvent = { [unowned subject, unowned view] event in
      if case .truncate(let length, _) = event {
        #expect(length < subject.observed.count, "\(comment)")
        subject.observed.removeSubrange(Int(length)...)
      } else {
        for index in UInt64(subject.observed.count)..<view.length {
          subject.observed.append((try? view.value(at: index)) ?? [])
        }
      }
    }
    let calls = model.calls(Self.blocks)
    let own = subject.calls.common(with: calls)
    let best = subject.outputs.map { $0.calls.common(with: calls) }.reduce(own, max)
    subject.applied = 0
    let status = try view.update()

    #expect(status.removed == UInt64(subject.calls[own...].flatMap(\.blocks).count), "\(comment)")
    #expect(try (0..<view.length).map { try view.value(at: $0) } == calls.blocks, "\(comment)")
    #expect(subject.observed == calls.blocks, "\(comment)")
    // A view that does not use all that its outputs have would add more.
    #expect(status.added == UInt64(calls[best...].flatMap(\.blocks).count), "\(comment)")
    switch subject.kind {
    case .memory, .local: #expect(subject.applied == calls.count - own, "\(comment)")
    // What appended nothing is not stored.
    case .reopened, .remote: #expect(subject.applied >= calls.count - best, "\(comment)")
    }
    let again = try view.update()
    #expect(again == ViewStatus(), "\(comment)")
    subject.calls = calls
  }
}
