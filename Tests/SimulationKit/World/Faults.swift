/// What may go wrong in a world.
public struct Faults: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A process ends and starts again; its disk stays.
  public static let crash = Faults(rawValue: 1 << 0)
  /// The power of a machine fails: commits that were not durable may be lost.
  public static let power = Faults(rawValue: 1 << 1)
  /// Connections end, with what was on its way.
  public static let disconnect = Faults(rawValue: 1 << 2)
  /// The network falls into two parts for a while.
  public static let partition = Faults(rawValue: 1 << 3)
  /// Frames take seconds for a while.
  public static let lag = Faults(rawValue: 1 << 4)
  /// A disk takes up to seconds for a commit for a while.
  public static let slow = Faults(rawValue: 1 << 5)
  /// A disk has no space left for a while.
  public static let full = Faults(rawValue: 1 << 6)
  /// Clocks are wrong, and run fast or slow.
  public static let skew = Faults(rawValue: 1 << 7)
  /// Two nodes have several connections.
  public static let duplicate = Faults(rawValue: 1 << 8)
  /// Writers are added, and removed.
  public static let members = Faults(rawValue: 1 << 9)
  /// A node is lost for ever, and another one takes its place.
  public static let loss = Faults(rawValue: 1 << 10)
  /// A node is put back to an old image of its disk, and writes on.
  public static let rewind = Faults(rawValue: 1 << 11)

  /// The names by which a command line selects faults.
  public static let names: [(name: String, fault: Faults)] = [
    ("crash", .crash), ("power", .power), ("disconnect", .disconnect), ("partition", .partition), ("lag", .lag),
    ("slow", .slow), ("full", .full), ("skew", .skew), ("duplicate", .duplicate), ("members", .members),
    ("loss", .loss), ("rewind", .rewind),
  ]

  /// All of them.
  public static let all = Faults(names.map(\.fault))

  /// The faults of a list such as `crash,partition`; `all` and `none` are names, too.
  ///
  /// - Returns: nil when a name is unknown.
  public init?(list: String) {
    self = []
    for word in list.split(separator: ",") {
      if word == "none" { continue }
      if word == "all" {
        formUnion(.all)
      } else if let found = Self.names.first(where: { $0.name == word }) {
        insert(found.fault)
      } else {
        return nil
      }
    }
  }

  /// The names of what is in the set, as a command line takes them.
  public var list: String {
    if self == .all { return "all" }
    return isEmpty ? "none" : Self.names.filter { contains($0.fault) }.map(\.name).joined(separator: ",")
  }
}
