import Autobase
import CompactEncoding
import JSON
import ToolKit

/// Who decides at one stage of a change of the indexers.
struct Quorum {
  enum Phase: String {
    case before, during, after
  }

  var phase: Phase
  /// Those whose votes count.
  var indexers: [Fixed32]
  /// Those of them that seem to be up.
  var up: [Fixed32]
  /// How many must vote.
  var needed: Int { indexers.count / 2 + 1 }
  var isReached: Bool { up.count >= needed }
  var down: [Fixed32] { indexers.filter { !up.contains($0) } }

  func object(_ options: OutputOptions) -> JSON {
    func names(_ keys: [Fixed32]) -> JSON { .array(keys.map { .string(options.text($0)) }) }
    return [
      "phase": .string(phase.rawValue), "indexers": names(indexers), "needed": .integer(Int64(needed)),
      "up": names(up), "down": names(down), "reached": .bool(isReached),
    ]
  }
}

extension Quorum {
  /// The stages of replacing `lost` by `new`: all in one operation, so that nothing comes in between.
  ///
  /// - Parameters:
  ///   - active: those whose votes count now.
  ///   - next: those whose votes count once all that is known is indexed.
  ///   - isKnown: whether `new` has written before; then it counts at once, else with its first node.
  static func stages(
    replacing lost: Fixed32, by new: Fixed32, active: [Fixed32], next: [Fixed32], isKnown: Bool,
    isUp: (Fixed32) -> Bool
  ) -> [Quorum] {
    func quorum(_ phase: Phase, _ indexers: [Fixed32]) -> Quorum {
      Quorum(phase: phase, indexers: indexers, up: indexers.filter { $0 == new || isUp($0) })
    }
    let without = next.filter { $0 != lost && $0 != new }
    return [
      quorum(.before, active), quorum(.during, isKnown ? without + [new] : without), quorum(.after, without + [new]),
    ]
  }
}
