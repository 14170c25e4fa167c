import Autobase
import Corestore
import Hypercore
import StoreToolKit
import ToolKit

extension Corestore {
  /// One transaction: one that only reads when nothing is to be changed.
  func write<R>(unless dryRun: Bool, _ body: () throws -> R) throws -> R {
    dryRun ? try read(body) : try write(body)
  }
}

extension LogReference {
  /// The log, to change it by hand.
  ///
  /// - Parameter writing: whether it is to be signed anew, which only the store with its key pair can do.
  /// - Throws: ``ToolError``, refused when it is not to be written here, or when a base writes it: another block in a log
  ///   of its own ends a node for good.
  func findToChange(in store: Corestore, writing: Bool = true) throws -> Hypercore {
    let log = try find(in: store)
    if try Autobase.owns(log) {
      throw ToolError(
        .refused, "\(text) belongs to an Autobase of this store, which alone may change it",
        hint: "`rpc-call put-entry` adds to a registry, `ab-linearize append` to a base")
    }
    guard !writing || log.isWritable else { throw SessionError.notWritable }
    return log
  }
}
