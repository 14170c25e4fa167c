/// An integer of any size, kept as sign and magnitude: what JavaScript calls a BigInt.
///
/// Only what encodings need is here: comparing, decimal text, and the zig-zag word form.
public struct BigInteger: Sendable, Hashable {
  /// Whether the number is below zero. Zero is never negative.
  public let isNegative: Bool
  /// Words of the magnitude, least significant first, without leading zero words. Empty for zero.
  public let words: [UInt64]

  /// A number from its sign and magnitude.
  public init(isNegative: Bool = false, words: [UInt64]) {
    var words = words
    while words.last == 0 { words.removeLast() }
    self.words = words
    self.isNegative = isNegative && !words.isEmpty
  }

  /// The given integer.
  public init(_ value: some BinaryInteger) {
    self.init(isNegative: value < 0, words: value.magnitude.words.map { UInt64($0) })
  }

  /// The most words of a number that is read: 65,536 bits, far above what anybody needs. The time for its decimal digits
  /// grows with the square of them.
  public static let maximumWordCount: UInt64 = 1024

  /// The value when it fits 64 bits.
  public var unsigned: UInt64? { isNegative || words.count > 1 ? nil : words.first ?? 0 }

  /// The value when it fits 64 bits.
  public var integer: Int64? {
    guard words.count <= 1 else { return nil }
    let magnitude = words.first ?? 0
    return isNegative
      ? (magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil) : Int64(exactly: magnitude)
  }
}

extension BigInteger {
  /// The words of n ≥ 0 → 2n, n < 0 → −2n − 1.
  var zigzagWords: [UInt64] {
    var result: [UInt64] = []
    result.reserveCapacity(words.count + 1)
    var carry: UInt64 = 0
    for word in words {
      result.append(word << 1 | carry)
      carry = word >> 63
    }
    if carry > 0 { result.append(carry) }
    if isNegative {  // 2n is even and at least 2: subtracting one borrows through the zero words at the low end
      for i in result.indices {
        let (difference, borrowed) = result[i].subtractingReportingOverflow(1)
        result[i] = difference
        if !borrowed { break }
      }
    }
    while result.last == 0 { result.removeLast() }
    return result
  }

  /// The inverse of ``zigzagWords``.
  init(zigzagWords: [UInt64]) {
    let isNegative = (zigzagWords.first ?? 0) & 1 == 1
    var words = zigzagWords
    var carry: UInt64 = 0
    for i in words.indices.reversed() {
      let next = words[i] & 1
      words[i] = words[i] >> 1 | carry << 63
      carry = next
    }
    if isNegative {  // (z + 1) / 2 = z / 2 + 1 for odd z
      var overflow = true
      for i in words.indices where overflow { (words[i], overflow) = words[i].addingReportingOverflow(1) }
      if overflow { words.append(1) }
    }
    self.init(isNegative: isNegative, words: words)
  }
}

extension BigInteger: CustomStringConvertible, LosslessStringConvertible {
  /// Decimal digits, behind a minus sign when negative.
  public var description: String {
    var rest = words
    var groups: [UInt64] = []
    while !rest.isEmpty {
      var remainder: UInt64 = 0
      for i in rest.indices.reversed() {
        (rest[i], remainder) = Self.group.dividingFullWidth((remainder, rest[i]))
      }
      groups.append(remainder)
      while rest.last == 0 { rest.removeLast() }
    }
    guard let first = groups.last else { return "0" }
    let tail = groups.dropLast().reversed().map { String(String(Self.group + $0).dropFirst()) }
    return (isNegative ? "-" : "") + String(first) + tail.joined()
  }

  /// Decimal digits with an optional minus sign, or nil for any other text.
  public init?(_ text: String) {
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
    // 20 digits are more than a word.
    guard !digits.isEmpty, digits.count <= 20 * Int(Self.maximumWordCount) else { return nil }
    var words: [UInt64] = []
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      var carry = UInt64(digit - 0x30)
      for i in words.indices {
        let (high, low) = words[i].multipliedFullWidth(by: 10)
        let (sum, overflow) = low.addingReportingOverflow(carry)
        words[i] = sum
        carry = high + (overflow ? 1 : 0)
      }
      if carry > 0 { words.append(carry) }
    }
    self.init(isNegative: isNegative, words: words)
  }

  /// 10^18, the largest power of ten whose double fits a word.
  private static let group: UInt64 = 1_000_000_000_000_000_000
}
