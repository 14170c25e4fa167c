extension JSON: CustomStringConvertible {
  /// The value as one line of JSON, as `JSON.stringify` writes it.
  public var description: String { text() }

  /// The value as JSON text.
  ///
  /// - Parameter indentation: spaces per level; 0 writes one line.
  public func text(indentation: Int = 0) -> String {
    String(decoding: utf8(indentation: indentation), as: UTF8.self)
  }

  /// The value as UTF-8 JSON text.
  ///
  /// - Parameter indentation: spaces per level; 0 writes one line.
  public func utf8(indentation: Int = 0) -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output, indentation: indentation, level: 0)
    return output
  }

  /// Appends the value to `output` as one line, for writers that fill a buffer of their own.
  public func write(to output: inout [UInt8]) { write(to: &output, indentation: 0, level: 0) }

  private func write(to output: inout [UInt8], indentation: Int, level: Int) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): output.append(contentsOf: String(value).utf8)
    case .double(let value): output.append(contentsOf: JSON.number(value).utf8)
    case .string(let text): JSON.quote(text, to: &output)
    case .array(let items):
      JSON.list(items, "[", "]", to: &output, indentation, level) { item, output in
        item.write(to: &output, indentation: indentation, level: level + 1)
      }
    case .object(let object):
      JSON.list(Array(object), "{", "}", to: &output, indentation, level) { member, output in
        JSON.quote(member.key, to: &output)
        output.append(UInt8(ascii: ":"))
        if indentation > 0 { output.append(UInt8(ascii: " ")) }
        member.value.write(to: &output, indentation: indentation, level: level + 1)
      }
    }
  }

  private static func list<T>(
    _ items: [T], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to output: inout [UInt8], _ indentation: Int,
    _ level: Int, _ body: (T, inout [UInt8]) -> Void
  ) {
    output.append(UInt8(ascii: open))
    for (i, item) in items.enumerated() {
      if i > 0 { output.append(UInt8(ascii: ",")) }
      newline(to: &output, indentation, level + 1)
      body(item, &output)
    }
    if !items.isEmpty { newline(to: &output, indentation, level) }
    output.append(UInt8(ascii: close))
  }

  private static func newline(to output: inout [UInt8], _ indentation: Int, _ level: Int) {
    guard indentation > 0 else { return }
    output.append(0x0a)
    output.append(contentsOf: repeatElement(0x20, count: indentation * level))
  }

  /// ECMAScript's `Number::toString`: the shortest digits that read back as the same number.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    if value == 0 { return "0" }
    if value.magnitude < 9e15, value == value.rounded(.towardZero) { return String(Int64(value)) }
    return ECMAScriptNumber.text(value)
  }

  private static func quote(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x08: output.append(contentsOf: "\\b".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0x0a: output.append(contentsOf: "\\n".utf8)
      case 0x0c: output.append(contentsOf: "\\f".utf8)
      case 0x0d: output.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        output.append(contentsOf: (digits.utf8.count == 1 ? "\\u000" : "\\u00").utf8)
        output.append(contentsOf: digits.utf8)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}

/// Places the digits of a double as ECMAScript does (ECMA-262, Number::toString): plain notation for exponents from
/// −7 to 20, scientific notation outside.
enum ECMAScriptNumber {
  static func text(_ value: Double) -> String {
    let sign = value < 0 ? "-" : ""
    let (digits, exponent) = shortest(value.magnitude)
    let count = digits.utf8.count
    if count <= exponent, exponent <= 21 {
      return sign + digits + String(repeating: "0", count: exponent - count)
    }
    if 0 < exponent, exponent <= 21 {
      return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
    }
    if -6 < exponent, exponent <= 0 {
      return sign + "0." + String(repeating: "0", count: -exponent) + digits
    }
    let power = exponent - 1
    let tail = (power < 0 ? "e-" : "e+") + String(power.magnitude)
    return sign + digits.prefix(1) + (count > 1 ? "." + digits.dropFirst() : "") + tail
  }

  /// The shortest digits d₁…dₖ and the exponent n with value = 0.d₁…dₖ · 10ⁿ.
  private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
    let text = value.description  // Swift prints the shortest digits that round-trip, as "12.5", "1e-07" or "1.5e+22"
    let parts = text.split(separator: "e", maxSplits: 1)
    let mantissa = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = String(mantissa[0])
    let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
    var digits = whole + fraction
    var exponent = whole.utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.hasPrefix("0"), digits.utf8.count > 1 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.hasSuffix("0"), digits.utf8.count > 1 { digits.removeLast() }
    return (digits, exponent)
  }
}
