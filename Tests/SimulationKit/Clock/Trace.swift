/// What happened in a world: a hash over all of it, and the newest events in words.
struct Trace {
  /// Events that are kept.
  static let keptCount = 60

  /// FNV-1a over the time and text of every event: two runs with the same hash are the same run.
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  /// Number of events.
  private(set) var count = 0
  private var kept: [String] = []
  private var next = 0
  /// Told every event as it happens.
  var onEvent: ((String) -> Void)?

  /// - Parameter isRoutine: whether the event says little, and is not kept.
  mutating func note(_ time: UInt64, _ text: String, isRoutine: Bool = false) {
    count += 1
    let line = "\(Self.seconds(time)) \(text)"
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    onEvent?(line)
    if isRoutine { return }
    if kept.count < Self.keptCount { kept.append(line) } else { kept[next] = line }
    next = (next + 1) % Self.keptCount
  }

  /// The newest events, oldest first.
  var recent: [String] { kept.count < Self.keptCount ? kept : Array(kept[next...] + kept[..<next]) }

  /// Microseconds as seconds with six decimals.
  static func seconds(_ time: UInt64) -> String {
    let fraction = String(time % 1_000_000)
    return "\(time / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
