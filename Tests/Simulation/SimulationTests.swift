import SimulationKit
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Worlds with all their faults, each from a seed. What fails is repeated with `scripts/simulate`.
@Suite struct SimulationTests {
  /// A world runs to its end without a violation, or the test tells how to repeat it.
  private func run(_ settings: WorldSettings) {
    let world = World(settings)
    do {
      _ = try world.run()
    } catch {
      Issue.record(
        """
        \(error)
        \(world.recentEvents.joined(separator: "\n"))
        Repeat it with: scripts/simulate \(settings.arguments) --trace
        """)
    }
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func allFaults(seed: UInt64) { run(WorldSettings(seed: seed, minutes: 1)) }

  @Test(arguments: [1, 2, 5])
  func clusterSizes(nodeCount: Int) {
    run(WorldSettings(seed: 100 + UInt64(nodeCount), nodeCount: nodeCount, minutes: 0.3))
  }

  /// Equal settings make equal worlds, event for event.
  @Test func repeats() throws {
    let settings = WorldSettings(seed: 7, minutes: 0.3)
    #expect(try World(settings).run() == World(settings).run())
  }

  // MARK: With HYPERTOOLS_LONG

  @Test(.enabled(if: isLong), arguments: 1000...1060 as ClosedRange<UInt64>)
  func manySeeds(seed: UInt64) {
    run(WorldSettings(seed: seed, nodeCount: 3 + Int(seed % 3), minutes: 10))
  }

  @Test(.enabled(if: isLong), arguments: Faults.names.map(\.name))
  func oneFault(name: String) throws {
    let faults = try #require(Faults(list: name))
    run(WorldSettings(seed: 200 + UInt64(faults.rawValue.trailingZeroBitCount), minutes: 10, faults: faults))
  }
}

private let isLong = getenv("HYPERTOOLS_LONG") != nil
