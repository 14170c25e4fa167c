public import Corestore
public import ToolKit

/// # StoreToolKit
///
/// What the tools that work on a store share, on top of `ToolKit`: opening the store that the options name, finding a
/// log by name or key (``LogReference``), reading blocks in large steps (``BlockReader``), decoding oplogs into records of
/// `hc-stream(5)`, and the exit status and hint of every library error.
extension StoreLocation {
  /// Opens the store that flags, environment, configuration or default name.
  ///
  /// - Parameters:
  ///   - create: whether it is made when it is missing.
  ///   - isReadOnly: whether nothing will be written.
  public func open(create: Bool = false, isReadOnly: Bool = false) throws -> Corestore {
    let (path, sync) = try resolve()
    return try Corestore(
      directory: path,
      options: StoreOptions(create: create, isReadOnly: isReadOnly, durability: sync == .full ? .full : .normal))
  }
}
