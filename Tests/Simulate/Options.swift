import SimulationKit

/// The options of the command line.
struct Options {
  var settings = WorldSettings(seed: 1, minutes: 60)
  var seeds: ClosedRange<UInt64> = 1...1
  var isTraced = false

  struct Wrong: Error {
    let text: String
  }

  mutating func parse(_ words: [String]) throws(Wrong) {
    var rest = words[...]
    while let option = rest.popFirst() {
      if option == "--trace" {
        isTraced = true
        continue
      }
      guard let value = rest.popFirst() else { throw Wrong(text: "\(option) needs a value") }
      switch option {
      case "--seed":
        let seed: UInt64 = try number(option, value)
        seeds = seed...seed
      case "--seeds": seeds = try range(value)
      case "--hours": settings.minutes = 60 * (try number(option, value) as Double)
      case "--minutes": settings.minutes = try number(option, value)
      case "--nodes": settings.nodeCount = try number(option, value)
      case "--faults":
        guard let faults = Faults(list: value) else {
          throw Wrong(text: "--faults takes \(Faults.names.map(\.name).joined(separator: ",")), all or none")
        }
        settings.faults = faults
      case "--sync":
        guard ["full", "normal"].contains(value) else { throw Wrong(text: "--sync takes full or normal") }
        settings.syncsEachCommit = value == "full"
      default: throw Wrong(text: "there is no option \(option)")
      }
    }
    guard settings.nodeCount > 0 else { throw Wrong(text: "--nodes takes a number from 1 on") }
    guard settings.minutes >= 0 else { throw Wrong(text: "a time is no less than 0") }
  }

  private func number<N: LosslessStringConvertible>(_ option: String, _ text: String) throws(Wrong) -> N {
    guard let number = N(text) else { throw Wrong(text: "\(option) takes a number, not \(text)") }
    return number
  }

  private func range(_ text: String) throws(Wrong) -> ClosedRange<UInt64> {
    let ends = text.split(separator: ".", omittingEmptySubsequences: true).compactMap { UInt64($0) }
    guard ends.count == 2, ends[0] <= ends[1] else { throw Wrong(text: "--seeds takes A..B, not \(text)") }
    return ends[0]...ends[1]
  }
}
