public import CompactEncoding

/// A core that a base reads or serves, and what to download of it.
public struct WantedCore: Sendable, Hashable {
  /// What the core is to the base.
  public enum Role: Sendable, Hashable {
    /// The log of a writer.
    case writer
    /// The view with this name. `_system` and `_encryption` are the engine's own.
    case view(String)
    /// A core of the state that a fast-forward leads to.
    case fastForward
  }

  /// What to download.
  public enum Download: Sendable, Hashable {
    /// Nothing, not even a longer head: what is here is served.
    case nothing
    /// Heads, and these blocks.
    case head(blocks: [Range<UInt64>])
    /// All blocks, in order, for as long as there are new ones.
    case everything
  }

  /// The core key.
  public var key: Fixed32
  /// What the core is to the base.
  public var role: Role
  /// What to download.
  public var download: Download
  /// Whether to offer it on every connection. Others are opened when somebody asks for them.
  public var isActive: Bool

  /// A core.
  public init(key: Fixed32, role: Role, download: Download, isActive: Bool) {
    self.key = key
    self.role = role
    self.download = download
    self.isActive = isActive
  }
}
