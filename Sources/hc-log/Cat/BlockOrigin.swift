import CompactEncoding

/// The log that blocks are of, for whoever writes them.
protocol BlockOrigin: AnyObject {
  var key: Fixed32 { get }
  var fork: UInt64 { get }
  /// What the user called it.
  var text: String { get }
}
