public import Hypercore

/// A log that tells when it changed, so that a base need not be told.
public protocol ObservableLog: CausalLog {
  /// Has `body` called after every change, as long as the returned object lives.
  func observe(_ body: @escaping () -> Void) throws -> AnyObject
}

extension Hypercore: ObservableLog {
  /// Has `body` called after every commit of this process that changed the log.
  public func observe(_ body: @escaping () -> Void) throws -> AnyObject {
    let session = try session(isReadOnly: true)
    session.onEvent = { _ in body() }
    return session
  }
}
