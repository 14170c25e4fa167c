/// What the other side asked to be told of.
struct RemoteWants: Sendable {
  /// The longest range that is answered.
  static let maximumLength: UInt64 = 1 << 21

  private var wants: Set<WantMessage> = []
  private(set) var wantsAll = false

  /// Notes a want. One that breaks the rules stands for everything.
  mutating func insert(_ want: WantMessage) {
    guard !wantsAll else { return }
    let length = want.length
    guard length >= 32, length.nonzeroBitCount == 1, want.start % length == 0 else { return all() }
    wants.insert(want)
    if wants.count > 512 || Set(wants.map(\.length)).count > 4 { all() }
  }

  mutating func remove(_ want: WantMessage) { wants.remove(want) }

  private mutating func all() {
    wantsAll = true
    wants.removeAll()
  }

  /// Whether any of a range is wanted.
  func contains(_ range: Range<UInt64>) -> Bool {
    wantsAll || wants.contains { $0.start < range.upperBound && range.lowerBound < $0.start + $0.length }
  }
}

/// What this side asked a peer to tell of.
struct LocalWants: Sendable {
  /// Most wants that a peer is asked for at once.
  static let limit = 512
  /// Length of the segments that are asked for.
  static let segment: UInt64 = 1 << 21
  /// Their length when wants are small.
  static let smallSegment: UInt64 = 4_096

  /// In the order in which they were sent.
  private(set) var wants: [WantMessage] = []
  private var known: Set<WantMessage> = []

  /// Whether one more takes another one back.
  var isFull: Bool { wants.count >= Self.limit }

  /// Forgets what lies below a length.
  mutating func forget(below length: UInt64) {
    guard wants.contains(where: { $0.start + $0.length <= length }) else { return }
    wants.removeAll { $0.start + $0.length <= length }
    known = Set(wants)
  }

  /// Notes a want.
  ///
  /// - Returns: nil when it was sent before; else the wants to take back to make room.
  mutating func insert(_ want: WantMessage) -> [WantMessage]? {
    guard known.insert(want).inserted else { return nil }
    wants.append(want)
    guard wants.count > Self.limit else { return [] }
    let old = wants.removeFirst()
    known.remove(old)
    return [old]
  }

  /// What was told of a range is not known any more: it may be asked for again.
  mutating func forget(_ range: Range<UInt64>) {
    guard !range.isEmpty, !wants.isEmpty else { return }
    wants.removeAll { $0.start < range.upperBound && range.lowerBound < $0.start + $0.length }
    known = Set(wants)
  }
}
