/// How a graph is drawn as text.
public struct GraphStyle: Sendable {
  /// Columns in a line, which is never longer.
  public var width: Int
  /// Whether only ASCII characters are used.
  public var isASCII: Bool
  /// Whether lanes have colours of ECMA-48.
  public var hasColour: Bool
  /// Whether the beginning of each value is shown.
  public var showsValues: Bool

  /// A style; widths below 20 are taken as 20.
  public init(width: Int, isASCII: Bool = false, hasColour: Bool = false, showsValues: Bool = false) {
    self.width = max(width, 20)
    self.isASCII = isASCII
    self.hasColour = hasColour
    self.showsValues = showsValues
  }
}

/// The pieces of which lanes are drawn.
enum Glyph: Hashable {
  case empty, vertical, horizontal, dots
  /// A joint of a connector with a lane that goes on up and down, or only up.
  case fromLeft, fromRight, both, endFromLeft, endFromRight, endBoth
  /// A node: of an indexer, of another writer, or decided on; with a value or without.
  case vote(Bool), other(Bool), decided(Bool)

  func character(_ isASCII: Bool) -> Character {
    switch self {
    case .empty: " "
    case .vertical: isASCII ? "|" : "│"
    case .horizontal: isASCII ? "-" : "─"
    case .dots: isASCII ? ":" : "⋮"
    case .fromLeft: isASCII ? "+" : "┤"
    case .fromRight: isASCII ? "+" : "├"
    case .both: isASCII ? "+" : "┼"
    case .endFromLeft: isASCII ? "'" : "┘"
    case .endFromRight: isASCII ? "`" : "└"
    case .endBoth: isASCII ? "'" : "┴"
    case .vote(let isFull): isASCII ? (isFull ? "O" : "o") : (isFull ? "●" : "○")
    case .other(let isFull): isASCII ? (isFull ? "X" : "x") : (isFull ? "■" : "□")
    case .decided(let isFull): isASCII ? (isFull ? "D" : "d") : (isFull ? "◆" : "◇")
    }
  }
}
