public import CompactEncoding

/// Who may do what, by the public key that a caller has proved.
public struct RegistryRights: Sendable {
  /// What a method needs.
  public enum Need: Sendable {
    /// Nothing: everybody may read.
    case read
    /// To change entries.
    case write
    /// To change who writes the registry.
    case admin
  }

  /// Whether everybody may write.
  public var isWriteOpen: Bool
  /// Who may write when not everybody may. Administrators may, too.
  public var writers: Set<Fixed32>
  /// Who may add and remove writers. Nobody, when empty.
  public var administrators: Set<Fixed32>

  /// Rights.
  public init(isWriteOpen: Bool, writers: Set<Fixed32> = [], administrators: Set<Fixed32> = []) {
    self.isWriteOpen = isWriteOpen
    self.writers = writers
    self.administrators = administrators
  }

  /// Whether `caller` may do what needs `need`.
  public func allow(_ caller: Fixed32, _ need: Need) -> Bool {
    switch need {
    case .read: true
    case .write: isWriteOpen || writers.contains(caller) || administrators.contains(caller)
    case .admin: administrators.contains(caller)
    }
  }
}
