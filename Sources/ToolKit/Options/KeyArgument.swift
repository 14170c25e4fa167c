public import ArgumentParser
public import CompactEncoding
public import HypercoreCrypto

/// A key on the command line: z-base-32, hex, or a `hyper://` or `pear://` URL.
public struct KeyArgument: ExpressibleByArgument, Hashable, Sendable {
  /// The 32 bytes.
  public let key: Fixed32

  /// The given key.
  public init(_ key: Fixed32) { self.key = key }

  /// Reads a key; nil when the text has none of the forms.
  public init?(argument: String) {
    guard let key = try? KeyIdentifier.decode(argument) else { return nil }
    self.key = key
  }

  public var defaultValueDescription: String { KeyIdentifier.encode(key) }
}

extension KeyIdentifierError: ToolErrorConvertible {
  public var toolError: ToolError {
    ToolError(
      .usage, "not a key: \(self)",
      hint: "a key is 52 characters of z-base-32, 64 hex digits, or a hyper:// or pear:// URL")
  }
}
