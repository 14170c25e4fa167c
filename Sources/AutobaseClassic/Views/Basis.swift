import CompactEncoding
import Hypercore

/// What an update was made from. On the same basis the next one has nothing to do.
struct Basis: Equatable {
  /// A state of a log.
  struct Position: Equatable {
    var key: Fixed32
    var length: UInt64
    var fork: UInt64

    init(_ log: any CausalLog) {
      key = log.key
      length = log.length
      fork = log.fork
    }
  }

  /// The newest nodes of the inputs.
  var clock: CausalClock
  /// The local output, or else all outputs.
  var outputs: [Position]
  var isLocal: Bool
}
