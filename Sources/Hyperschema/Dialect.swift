/// The releases of the reference whose behaviour is followed: a few bytes and rules differ between them.
public struct Dialect: Sendable, Hashable {
  /// Release 1.n of hyperschema.
  public var hyperschema: Int
  /// Major release of compact-encoding.
  public var compactEncoding: Int

  /// Release 1.`hyperschema` of hyperschema over release `compactEncoding` of compact-encoding.
  public init(hyperschema: Int, compactEncoding: Int) {
    self.hyperschema = hyperschema
    self.compactEncoding = compactEncoding
  }

  /// Hyperschema 1.22 over compact-encoding 3.
  public static let current = Dialect(hyperschema: 22, compactEncoding: 3)
  /// Hyperschema 1.13 over compact-encoding 2.
  public static let legacy = Dialect(hyperschema: 13, compactEncoding: 2)

  /// Whether compact structs write their flags in a fixed number of bytes.
  var hasFixedFlags: Bool { hyperschema >= 19 }
  /// Whether `buffer` writes null as no bytes and reads no bytes as null.
  var hasNullableBuffers: Bool { compactEncoding < 3 }
  /// Whether the builder checks `inline` and `flagsPosition`.
  var checksLayout: Bool { hyperschema >= 19 }
  /// Whether the builder refuses `record` on a field.
  var refusesRecordFields: Bool { hyperschema >= 20 }
  /// Whether enums list `strings`.
  var listsEnumStrings: Bool { hyperschema >= 17 }
  /// Whether the file ends in a newline.
  var endsInNewline: Bool { hyperschema >= 15 }
}
