import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import TestDisk
import TestSupport
import Testing

/// A view in a local output in a store, and a power cut at any moment: what is found afterwards is a view, and the next
/// update makes it the right one.
@Suite struct ViewCrashTests {
  @Test func `After a power cut the stored view goes on`() throws {
    let whole = try run(cut: nil)
    #expect(whole > 50)
    for cut in stride(from: 3, to: whole, by: isLong ? 1 : 61) { _ = try run(cut: cut) }
  }

  /// - Returns: how many operations the disk saw.
  private func run(cut: Int?) throws -> Int {
    let label = "cut at operation \(cut.map(String.init) ?? "none")"
    let directory = TemporaryDirectory()
    let disk = TestDisk("view-\(cut ?? -1)")
    var options = StoreOptions()
    options.fileSystem = disk.name
    if let cut { disk.cutPower(after: cut) }
    do { try live(directory.path, options) } catch {
      guard disk.isOff else { throw error }
    }
    let operations = disk.operations
    var random = SeededGenerator(seed: UInt64(cut ?? 0))
    try disk.restart(using: &random)

    let store = try Corestore(directory: directory.path)
    let inputs = try inputs(of: store)
    let output = try store.get(name: "output")
    let base = ClassicAutobase(inputs: inputs, localOutput: output, autostart: true)
    let view = try #require(base.view)
    // What is found is a whole view: each of its blocks can be read, and ends an apply call.
    if view.length > 0 { #expect(try view.node(at: view.length - 1).batch.isLast, "\(label)") }
    var applied = 0
    let plain = ClassicAutobase(inputs: inputs, autostart: true) { batch, context in
      applied += 1
      try context.view.append(batch.map { $0.node.value! })
    }
    try plain.view?.update()
    let status = try view.update()
    #expect(status.added <= view.length, "\(label)")
    #expect(try texts(view) == texts(#require(plain.view)), "\(label)")
    #expect(output.length == view.length, "\(label)")
    if cut == nil { #expect(status == ViewStatus()) }
    return operations
  }

  private func inputs(of store: Corestore) throws -> [Hypercore] {
    try (0..<3).map { try store.get(name: "input \($0)") }
  }

  private func live(_ path: String, _ options: StoreOptions) throws {
    let store = try Corestore(directory: path, options: options)
    let inputs = try inputs(of: store)
    let output = try store.get(name: "output")
    let base = ClassicAutobase(inputs: inputs, localOutput: output, autostart: true)
    var random = SeededGenerator(seed: 7)
    for round in 0..<6 {
      for _ in 0..<4 {
        let input = inputs.randomElement(using: &random)!
        let values = (0..<Int.random(in: 1...2, using: &random)).map { Array("\(round) \($0)".utf8) }
        try base.append(values, clock: CausalClock(), input: input)
      }
      try base.view?.update()
    }
  }
}
