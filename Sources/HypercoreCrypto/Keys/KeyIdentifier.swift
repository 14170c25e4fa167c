public import CompactEncoding

/// The texts that name a 32-byte key: z-base-32 (52 characters), hex (64 digits of either case), or one of these in a
/// URL `pear://KEY/…` or `hyper://KEY/…`, where everything from the first slash behind the key on is ignored.
///
/// Source: spec 01 §2. The `hyper` scheme is an addition of ours; the reference refuses it.
public enum KeyIdentifier {
  /// The z-base-32 text of a key: 52 characters, the last of them `y` or `o`.
  public static func encode(_ key: Fixed32) -> String { ZBase32.encode(key.bytes) }

  /// The key that `text` names.
  ///
  /// - Throws: `invalidKey` when the text has none of the forms, `invalidCharacter` when it has 52 characters that are
  ///   not all of the alphabet.
  public static func decode(_ text: String) throws(KeyIdentifierError) -> Fixed32 {
    var name = Substring(text)
    for scheme in ["pear://", "hyper://"] where text.utf8.starts(with: scheme.utf8) {
      name = text.dropFirst(scheme.count).prefix { $0 != "/" }
      break
    }
    switch name.utf16.count {
    case 52:
      let bytes = try ZBase32.decode(name)
      guard let key = Fixed32(bytes) else { throw .invalidKey }
      return key
    case 64:
      guard let key = Hex.decode(name).flatMap({ Fixed32($0) }) else { throw .invalidKey }
      return key
    default:
      throw .invalidKey
    }
  }

  /// The key that is given as bytes.
  ///
  /// - Throws: `wrongByteCount` for anything but 32 bytes.
  public static func decode(_ bytes: [UInt8]) throws(KeyIdentifierError) -> Fixed32 {
    guard let key = Fixed32(bytes) else { throw .wrongByteCount(bytes.count) }
    return key
  }

  /// The z-base-32 text of the key that `text` names in any form.
  public static func normalize(_ text: String) throws(KeyIdentifierError) -> String { encode(try decode(text)) }

  /// Whether `text` names a key.
  public static func isValid(_ text: String) -> Bool { (try? decode(text)) != nil }
}

/// Why a text or bytes name no key.
public enum KeyIdentifierError: Error, Equatable, Sendable {
  /// Neither 52 characters of z-base-32 nor 64 hex digits, with or without a known URL scheme.
  case invalidKey
  /// A character outside the z-base-32 alphabet, and its offset from the start of the key.
  case invalidCharacter(String, position: Int)
  /// A count of z-base-32 characters that no encoding has.
  case invalidLength(Int)
  /// A key as bytes that has not 32 of them.
  case wrongByteCount(Int)
}

extension KeyIdentifierError: CustomStringConvertible {
  /// One line for people, with the wording of the reference.
  public var description: String {
    switch self {
    case .invalidKey: "Invalid Hypercore key"
    case .invalidCharacter(let character, let position):
      "Invalid character in base32 input: \"\(character)\" at position \(position)"
    case .invalidLength(let count): "Invalid base32 input: no bytes encode to \(count) characters"
    case .wrongByteCount: "ID must be 32-bytes long"
    }
  }
}
