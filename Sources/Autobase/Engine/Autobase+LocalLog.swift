public import Hypercore

extension Autobase {
  /// Whether a base of this store writes a log: its own, or a view. Anything that is appended to it or dropped from it by
  /// another hand makes the base unreadable here.
  ///
  /// - Throws: an error of the storage.
  public static func owns(_ log: Hypercore) throws -> Bool {
    try [UserDataKey.boot, UserDataKey.local, UserDataKey.view].contains { try log.userData($0) != nil }
  }
}
