import Autobase

extension GraphVector {
  func writeNode(_ row: OrderGraph.Row, _ line: Int, _ write: (String) throws -> Void) rethrows {
    let (x, y) = (x(row.lane), y(line))
    let isFull = row.valueLength != nil
    let shape =
      if row.isDecided {
        "<path d=\"M\(x) \(y - 8)L\(x + 8) \(y)L\(x) \(y + 8)L\(x - 8) \(y)Z\"/>"
      } else if row.isVote {
        "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"5.5\"/>"
      } else {
        "<rect x=\"\(x - 5)\" y=\"\(y - 5)\" width=\"10\" height=\"10\"/>"
      }
    try write(
      "<g class=\"node \(colour(row.lane))\(isFull ? "" : " ack")\"><title>\(Self.text(tell(row)))</title>\(shape)"
        + "<text class=\"index\" x=\"\(indexWidth - 4)\" y=\"\(y + 4)\">\(row.index)</text>"
        + "<text x=\"\(textLeft)\" y=\"\(y + 4)\">\(label(row))</text></g>")
  }

  func writeFold(_ fold: OrderGraph.Fold, _ line: Int, _ write: (String) throws -> Void) rethrows {
    let counts = fold.counts.map { "\(names(graph.lanes[$0.lane].key)) \(GraphText.number($0.nodes))" }
    let text =
      "⋮ \(GraphText.number(fold.nodes)) more of "
      + (counts.count == 1 ? names(graph.lanes[fold.counts[0].lane].key) : "\(counts.count) writers: ")
      + (counts.count == 1 ? "" : counts.prefix(2).joined(separator: ", ") + (counts.count > 2 ? ", …" : ""))
    var dots = ""
    for count in fold.counts {
      for i in -1...1 {
        dots += "<circle class=\"\(colour(count.lane))\" cx=\"\(x(count.lane))\" cy=\"\(y(line) + i * 5)\" r=\"1.5\"/>"
      }
    }
    try write(
      "<g class=\"fold\"><title>\(Self.text(counts.joined(separator: ", ")))</title>\(dots)"
        + "<text x=\"\(textLeft)\" y=\"\(y(line) + 4)\">\(Self.text(text))</text></g>")
  }

  func label(_ row: OrderGraph.Row) -> String {
    var text = Self.text(names(row.node))
    if row.isDecided { text = "<tspan class=\"decided\">\(text)</tspan>" }
    let others = row.edges.filter { !$0.isImplied && $0.node.key != row.node.key }.map(\.node)
    var facts: [String] = []
    if !others.isEmpty { facts.append("← " + names(Array(others.prefix(4))) + (others.count > 4 ? " …" : "")) }
    if let yields = row.yields { facts.append("yields \(GraphText.number(yields))") }
    if row.isMerge { facts.append("merge") }
    let more = facts.joined(separator: ", ")
    if !more.isEmpty { text += "<tspan class=\"more\" dx=\"8\">\(Self.text(more))</tspan>" }
    if showsValues, let length = row.valueLength {
      let value = DisplayText.preview(row.value ?? [], length: length, limit: 48)
      text += "<tspan class=\"value\" dx=\"8\">\(Self.text(value))</tspan>"
    }
    return text
  }

  /// All about a node.
  func tell(_ row: OrderGraph.Row) -> String {
    var parts = ["\(names.full(row.node.key)):\(row.node.length)"]
    let finality = graph.knowsFinal ? (row.isIndexed ? ", final" : ", for now") : ""
    parts.append("place \(row.index)\(finality)")
    parts.append(
      row.valueLength.map { "value " + DisplayText.preview(row.value ?? [], length: $0, limit: 200) } ?? "ack")
    if let length = row.valueLength, length > 0, row.value?.isEmpty != true { parts.append("\(length) bytes") }
    if row.batch > 1 { parts.append("\(row.batch - 1) more in its batch") }
    let heads = row.edges.filter { !$0.isImplied }.map(\.node)
    if !heads.isEmpty { parts.append("refers to " + names(heads)) }
    if let yields = row.yields { parts.append("\(yields) nodes became final with it") }
    if row.isMerge { parts.append("joins branches of indexers") }
    if !row.votesFor.isEmpty { parts.append("votes for " + names(row.votesFor)) }
    return parts.joined(separator: "; ")
  }

  func colour(_ lane: Int) -> String { "c\(lane % Self.colourCount)" }
}
