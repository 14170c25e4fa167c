public import ArgumentParser

/// A range of blocks on the command line: `3..7` without block 7, `3..`, `..7`, `..`, one block `3`; a negative number
/// counts from the end of the log, so that `-10..` is the last ten blocks and `-1` the last one.
public struct BlockRange: ExpressibleByArgument, Hashable, Sendable {
  /// An end of the range: from the start of the log, or from its end.
  enum Bound: Hashable, Sendable {
    case fromStart(UInt64)
    case fromEnd(UInt64)

    init?(_ text: Substring) {
      if text.first == "-" {
        guard let value = UInt64(text.dropFirst()), text.utf8.dropFirst().first != UInt8(ascii: "+") else { return nil }
        self = .fromEnd(value)
      } else {
        guard text.first?.isNumber == true, let value = UInt64(text) else { return nil }
        self = .fromStart(value)
      }
    }

    func resolve(_ length: UInt64) -> UInt64 {
      switch self {
      case .fromStart(let value): min(value, length)
      case .fromEnd(let value): length - min(value, length)
      }
    }
  }

  let lower: Bound?
  let upper: Bound?
  /// Whether one block is meant, which then must be there.
  public let isSingle: Bool

  /// All blocks.
  public static let all = BlockRange(lower: nil, upper: nil, isSingle: false)

  private init(lower: Bound?, upper: Bound?, isSingle: Bool) {
    self.lower = lower
    self.upper = upper
    self.isSingle = isSingle
  }

  /// Reads a range; nil when the text is none.
  public init?(argument: String) {
    let text = Substring(argument)
    guard let dots = argument.utf8Range(of: "..") else {
      guard let bound = Bound(text) else { return nil }
      self.init(lower: bound, upper: nil, isSingle: true)
      return
    }
    let (left, right) = (text[..<dots.lowerBound], text[dots.upperBound...])
    let (lower, upper) = (Bound(left), Bound(right))
    guard left.isEmpty || lower != nil, right.isEmpty || upper != nil else { return nil }
    self.init(lower: lower, upper: upper, isSingle: false)
  }

  /// Whether the range goes on when the log grows.
  public var isOpen: Bool { upper == nil && !isSingle }

  /// The blocks meant in a log of this length: cut to what is there, nil for a single block that is not.
  public func resolve(length: UInt64) -> Range<UInt64>? {
    if isSingle {
      switch lower {
      case .fromStart(let value): return value < length ? value..<value + 1 : nil
      case .fromEnd(let value): return value > 0 && value <= length ? length - value..<length - value + 1 : nil
      case nil: return nil
      }
    }
    let start = lower?.resolve(length) ?? 0
    let end = upper?.resolve(length) ?? length
    return start..<max(start, end)
  }
}

extension String {
  fileprivate func utf8Range(of dots: String) -> Range<String.Index>? {
    guard let start = indices.first(where: { self[$0...].hasPrefix(dots) }) else { return nil }
    return start..<index(start, offsetBy: dots.count)
  }
}
