import Testing

/// Checks that a text is well-formed XML, as far as pictures use it: tags match, attributes are quoted, references are
/// known, characters are allowed.
func checkXML(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  var open: [Substring] = []
  var count = 0
  var rest = text[...]
  for scalar in text.unicodeScalars {
    let isAllowed = scalar.value >= 32 && !(0x7f..<0xa0 ~= scalar.value) || scalar == "\n"
    try #require(isAllowed && scalar.value != 0xfffe && scalar.value != 0xffff, sourceLocation: sourceLocation)
  }
  while let start = rest.firstIndex(of: "<") {
    try checkReferences(rest[..<start])
    try #require(!open.isEmpty || rest[..<start].allSatisfy(\.isWhitespace), sourceLocation: sourceLocation)
    let end = try #require(rest[start...].firstIndex(of: ">"), sourceLocation: sourceLocation)
    var tag = rest[rest.index(after: start)..<end]
    rest = rest[rest.index(after: end)...]
    try #require(!tag.contains("<"), sourceLocation: sourceLocation)
    if tag.hasPrefix("/") {
      try #require(open.popLast() == tag.dropFirst(), sourceLocation: sourceLocation)
      continue
    }
    let isClosed = tag.hasSuffix("/")
    if isClosed { tag = tag.dropLast() }
    let name = tag.prefix { $0.isLetter }
    try #require(!name.isEmpty, sourceLocation: sourceLocation)
    try checkAttributes(tag.dropFirst(name.count))
    if !isClosed { open.append(name) }
    count += 1
  }
  try #require(open.isEmpty && count > 0 && rest.allSatisfy(\.isWhitespace), sourceLocation: sourceLocation)
}

private func checkAttributes(_ text: Substring) throws {
  var rest = text.drop { $0 == " " }
  while !rest.isEmpty {
    let name = rest.prefix { $0.isLetter || $0 == "-" || $0 == ":" }
    rest = rest.dropFirst(name.count)
    try #require(!name.isEmpty && rest.hasPrefix("=\""))
    rest = rest.dropFirst(2)
    let end = try #require(rest.firstIndex(of: "\""))
    try checkReferences(rest[..<end])
    rest = rest[rest.index(after: end)...]
    try #require(rest.isEmpty || rest.hasPrefix(" "))
    rest = rest.drop { $0 == " " }
  }
}

private func checkReferences(_ text: Substring) throws {
  var rest = text
  while let start = rest.firstIndex(of: "&") {
    let name = rest[rest.index(after: start)...].prefix { $0 != ";" }
    try #require(["amp", "lt", "gt", "quot"].contains(String(name)))
    rest = rest[rest.index(after: start)...].dropFirst(name.count + 1)
  }
}
