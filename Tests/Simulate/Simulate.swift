import SimulationKit

#if canImport(Glibc)
import Glibc
#endif

/// Runs simulated clusters. Called by scripts/simulate, which says what the options are.
@main enum Simulate {
  static func main() {
    var options = Options()
    do { try options.parse(Array(CommandLine.arguments.dropFirst())) } catch {
      say("simulate: error: \(error.text)\n")
      exit(2)
    }
    var failures = 0
    for seed in options.seeds where !run(seed, options) { failures += 1 }
    if failures > 0 { say("simulate: \(failures) of \(options.seeds.count) seeds failed\n") }
    exit(failures == 0 ? 0 : 1)
  }

  private static func run(_ seed: UInt64, _ options: Options) -> Bool {
    var settings = options.settings
    settings.seed = seed
    let world = World(settings)
    if options.isTraced { world.onEvent = { say($0 + "\n") } }
    do {
      let report = try world.run()
      print("seed \(seed): \(report)")
      fflush(nil)
      return true
    } catch {
      print("seed \(seed): FAILED: \(error)")
      fflush(nil)
      say("The newest events:\n" + world.recentEvents.map { "  \($0)\n" }.joined())
      say("Repeat it with: scripts/simulate \(settings.arguments) --trace\n")
      return false
    }
  }

  private static func say(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
      guard written > 0 else { return }
      bytes.removeFirst(written)
    }
  }
}
