/// The release of the reference whose `db.json` is written.
public struct DatabaseDialect: Sendable, Hashable {
  /// Release 4.n of hyperdb; later major releases write what 4.22 does.
  public var release: Int

  /// Release 4.`release`.
  public init(release: Int) { self.release = release }

  /// Release 4.22 and later.
  public static let current = DatabaseDialect(release: 22)
  /// Release 4.16: no versions, no deprecated indexes.
  public static let legacy = DatabaseDialect(release: 16)

  /// Whether indexes can be deprecated.
  var hasDeprecated: Bool { release >= 17 }
  /// Whether collections and indexes have versions.
  var hasVersions: Bool { release >= 20 }
}
