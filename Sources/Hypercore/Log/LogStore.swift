public import CompactEncoding

/// Where logs are stored, as seen by somebody who only knows the name under which a log is looked up.
public protocol LogStore: AnyObject {
  /// The stored log with a discovery key: a session of its own, which whoever asked closes. Nil when there is none; never
  /// creates one.
  ///
  /// - Throws: an error of the storage.
  func log(discoveryKey: Fixed32) throws -> Hypercore?
}
