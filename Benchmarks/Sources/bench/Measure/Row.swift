/// What a figure counts.
enum Unit: String, Sendable {
  case perSecond = "/s"
  case gigabytesPerSecond = "GB/s"
  case milliseconds = "ms"
  case megabytes = "MB"

  /// Whether a larger figure is the better one.
  var isRate: Bool { self == .perSecond || self == .gigabytesPerSecond }
}

/// What a row should reach.
enum Aim: Sendable {
  /// A figure: at least that for a rate, at most that for anything else.
  case figure(Double)
  /// A share of the limit.
  case share(Double)
  /// Nothing is asked; the row informs.
  case none
}

/// Our figure and the limit beside it: each call is one round.
struct Pair {
  let ours: () throws -> Sample
  let limit: () throws -> Sample
}

/// One line of the table.
struct Row: Sendable {
  /// What it is selected by.
  let name: String
  /// What is measured.
  let title: String
  var unit = Unit.perSecond
  var aim = Aim.none
  /// The median of the JavaScript stack on this kind of machine, where there is one.
  var javascript: Double?
  /// What the limit is.
  let limit: String
  /// Does the work that is not measured. Everything it puts on disk goes into the workspace.
  let prepare: @Sendable (Workspace) throws -> Pair
}

/// What came out of a row.
struct Outcome {
  let row: Row
  let ours: [Double]
  let limits: [Double]

  var figure: Double { median(ours) }
  var limit: Double { median(limits) }
  /// Our figure as a share of the limit: 1 means that nothing is left to win. For quantities of which less is better
  /// it is the limit's share of ours.
  var ratio: Double { row.unit.isRate ? figure / limit : limit / figure }

  /// Whether the aim was reached, where there is one.
  var isReached: Bool? {
    switch row.aim {
    case .none: nil
    case .figure(let aim): row.unit.isRate ? figure >= aim : figure <= aim
    case .share(let share): ratio >= share
    }
  }
}

/// Why a row could not be measured.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Row {
  /// Measures: a warm-up of both sides, then rounds of ours and of the limit in turns, so that whatever else the
  /// machine does meets both alike.
  func measure(rounds: Int, in workspace: Workspace) throws -> Outcome {
    let pair = try prepare(workspace)
    _ = try pair.ours()
    _ = try pair.limit()
    var ours: [Double] = []
    var limits: [Double] = []
    for _ in 0..<rounds {
      ours.append(try pair.ours().rate)
      limits.append(try pair.limit().rate)
    }
    return Outcome(row: self, ours: ours, limits: limits)
  }
}
