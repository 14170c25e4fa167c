extension GraphVector {
  /// Text between tags.
  static func text(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      // XML knows neither control characters nor these two.
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  static let style = """
    text{font:12px ui-monospace,monospace;fill:#222;white-space:pre}
    .ground{fill:#fff}.final{fill:#eef4ea}.note,.index{fill:#777;font-size:10px}.index{text-anchor:end}
    .lane{font-size:10px}.more,.fold text{fill:#777}.value{fill:#0a5}.decided{font-weight:bold}
    .run{stroke:currentColor;stroke-width:1.5;opacity:.45}
    .edges path{fill:none;stroke:currentColor;stroke-width:1.2;opacity:.75}.edges .far{stroke-dasharray:1 3}
    .votes path{fill:none;stroke:#36c;stroke-width:1;stroke-dasharray:4 3;opacity:.55}
    .node path,.node circle,.node rect,.fold circle{fill:currentColor;stroke:currentColor;stroke-width:1.5}
    .ack path,.ack circle,.ack rect{fill:#fff}
    .c0{color:#0072b2}.c1{color:#d55e00}.c2{color:#009e73}.c3{color:#cc79a7}
    .c4{color:#56b4e9}.c5{color:#b8860b}.c6{color:#6a3d9a}.c7{color:#555}
    @media (prefers-color-scheme:dark){text{fill:#ddd}.ground,.ack path,.ack circle,.ack rect{fill:#16181c}
    .final{fill:#1e2a1f}.note,.index,.more,.fold text{fill:#999}.value{fill:#5c9}.votes path{stroke:#79f}
    .c7{color:#aaa}.c0{color:#4aa3dd}}
    """
}
