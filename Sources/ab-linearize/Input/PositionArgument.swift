import ArgumentParser

/// A place in a log on the command line: `LOG:LENGTH`. The log is named by a key, the beginning of a key, or its name;
/// the length counts from 1, 0 is the place before the first block.
struct PositionArgument: ExpressibleByArgument, Hashable {
  let log: String
  let length: UInt64

  init?(argument: String) {
    // A key may be a URL, which has a colon of its own.
    guard let colon = argument.lastIndex(of: ":"), colon > argument.startIndex else { return nil }
    let digits = argument[argument.index(after: colon)...]
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let length = UInt64(digits), length < 1 << 53 else {
      return nil
    }
    log = String(argument[..<colon])
    self.length = length
  }
}

/// A clock on the command line: `LOG:LENGTH[,LOG:LENGTH…]`; the empty text is the clock that has seen nothing.
struct ClockArgument: ExpressibleByArgument, Hashable {
  let positions: [PositionArgument]

  init?(argument: String) {
    var positions: [PositionArgument] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: true) {
      guard let position = PositionArgument(argument: String(part)) else { return nil }
      positions.append(position)
    }
    self.positions = positions
  }
}
