public import CompactEncoding
public import Corestore
import Hypercore

extension Autobase {
  /// Gives the base of a store a new local writer, as after the store got a new primary key: a new, empty log named
  /// `local`, which goes on from where the old one stood. It is no member of the base before somebody adds it; the old
  /// log stays, as one of somebody else.
  ///
  /// - Parameter store: the namespace of the base.
  /// - Returns: the keys of both logs.
  /// - Throws: ``AutobaseError/corrupt(_:)`` when the store holds no base.
  public static func renewLocalWriter(in store: Corestore) throws -> (old: Fixed32, new: Fixed32) {
    try store.write {
      guard try store.has(name: CorestoreStorage.localName) else {
        throw AutobaseError.corrupt("no base is remembered here")
      }
      let old = try store.get(name: CorestoreStorage.localName)
      let new = try store.renew(name: CorestoreStorage.localName)
      guard old.key != new.key else { return (old.key, new.key) }
      let base = try old.userData(UserDataKey.referrer).flatMap { Fixed32($0) } ?? old.key
      for key in [UserDataKey.boot, UserDataKey.wakeup, UserDataKey.encryption] {
        if let value = try old.userData(key) { try new.setUserData(key, value) }
      }
      try new.setUserData(UserDataKey.referrer, base.bytes)
      for (key, value) in try old.locals() { try new.setLocal(key, value) }
      try store.get(key: base).setUserData(UserDataKey.local, new.key.bytes)
      return (old.key, new.key)
    }
  }
}
