public import CompactEncoding

extension Autobase {
  /// All that ever were members, by key, as the system view says now.
  public func members() throws -> [(key: Fixed32, member: Member)] { try system.allMembers() }
}
