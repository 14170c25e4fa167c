/// A line of text that is put together from pieces and cut to its width.
struct TextLine {
  private let style: GraphStyle
  private var pieces: [(text: String, colour: String?)] = []
  private var used = 0

  init(_ style: GraphStyle) { self.style = style }

  /// Whether there is no room for more.
  var isFull: Bool { used > style.width }

  mutating func add(_ text: String, colour: String? = nil) {
    guard !text.isEmpty, !isFull else { return }
    let last = pieces.count - 1
    used += DisplayText.width(text)
    if last >= 0, pieces[last].colour == colour { return pieces[last].text += text }
    pieces.append((text, colour))
  }

  /// The line, without blanks at its end.
  func text() -> String {
    var pieces = pieces
    var room = style.width
    if used > style.width {
      for i in pieces.indices {
        let width = DisplayText.width(pieces[i].text)
        // The piece that does not fit, or that fits when nothing follows, ends with the mark.
        if width > room || width == room && i + 1 < pieces.count {
          pieces[i].text = DisplayText.cut(pieces[i].text + " ", to: room, isASCII: style.isASCII)
          pieces.removeSubrange((i + 1)...)
          break
        }
        room -= width
      }
    }
    while let last = pieces.last {
      let text = last.text.reversed().drop { $0 == " " }
      pieces[pieces.count - 1].text = String(text.reversed())
      if !text.isEmpty { break }
      pieces.removeLast()
    }
    return pieces.reduce(into: "") { line, piece in
      guard style.hasColour, let colour = piece.colour else { return line += piece.text }
      line += "\u{1b}[\(colour)m\(piece.text)\u{1b}[0m"
    }
  }
}
