import Hypercore

extension Hyperbee {
  /// A read-only view of the present version that later appends and truncations do not change.
  public func snapshot() throws -> Hyperbee {
    let stored = try log.snapshot()
    return Hyperbee(
      stored, options: options, prefix: prefix, fixedVersion: fixedVersion ?? max(1, stored.length), cache: cache,
      live: live,
      isMain: false)
  }

  /// A read-only view of version `version`, which must be a length at which an append ended; 0 means 1.
  ///
  /// A version beyond the log reads the log itself: until it is long enough, reads throw
  /// `LogError.blockNotAvailable`.
  public func checkout(_ version: UInt64) throws -> Hyperbee {
    guard version <= log.length else { return at(version) }
    return Hyperbee(
      try log.snapshot(), options: options, prefix: prefix, fixedVersion: max(1, version), cache: cache, live: live,
      isMain: false)
  }

  /// A read-only view of version `version` over the log itself: cheaper than ``checkout(_:)``, and valid only until
  /// the log is truncated.
  public func at(_ version: UInt64) -> Hyperbee {
    Hyperbee(
      log, options: options, prefix: prefix, fixedVersion: max(1, version), cache: cache, live: live, isMain: false)
  }

  /// A key space of its own inside this bee: every key gets this instance's prefix, `name` and `separator` in front.
  public func sub(_ name: [UInt8], separator: [UInt8] = [0]) -> Hyperbee {
    Hyperbee(
      log, options: options, prefix: prefix + name + separator, fixedVersion: fixedVersion, cache: cache,
      live: live, isMain: false)
  }

  /// A key space of its own inside this bee, named by text.
  public func sub(_ name: String, separator: [UInt8] = [0]) -> Hyperbee {
    sub(Array(name.utf8), separator: separator)
  }
}
