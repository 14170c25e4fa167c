import ApplyProgram
import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import StoreToolKit
import ToolKit

/// A base with consensus in a namespace of a store, brought forward by a program or by the identity.
final class FollowedBase {
  let base: Autobase
  private let folder: Corestore
  private let program: ProgramApplication?
  private let acknowledger: Acknowledger
  private let viewNames: [String]
  private var named: [String: Fixed32] = [:]
  private let start = ContinuousClock.now

  /// Opens the base.
  ///
  /// - Parameters:
  ///   - key: the base to join; nil for the one that the namespace holds.
  ///   - isFounding: whether to found one when the namespace holds none.
  init(
    _ folder: Corestore, key: Fixed32?, isFounding: Bool, program answering: (any ApplyAnswering)?, view: String?,
    acknowledging: AckTimer.Settings, isOptimistic: Bool
  ) throws {
    self.folder = folder
    program = answering.map { ProgramApplication($0) }
    let application: any Application = program ?? Self.identity(view ?? ApplySession.defaultView)
    viewNames = application.viewNames
    try Self.check(folder, key: key, isFounding: isFounding)
    let options = Autobase.Options(isOptimistic: isOptimistic, isStepwise: true)
    base = try Autobase(folder, application, key: key, options: options)
    acknowledger = Acknowledger(base, settings: acknowledging, generator: SystemRandomNumberGenerator())
    try checkViews()
    // The first node gives the views keys of their own.
    if isFounding, base.info.members == 0, base.isWritable { try perform { _ = try base.appendAck() } }
  }

  /// Every value becomes a block.
  private static func identity(_ view: String) -> any Application {
    ClosureApplication(views: [view]) { nodes, host in try host.view(view).append(nodes.map(\.value)) }
  }

  private static func check(_ folder: Corestore, key: Fixed32?, isFounding: Bool) throws {
    guard try folder.has(name: "local") else {
      if key != nil || isFounding { return }
      throw ToolError(
        .negative, "the namespace holds no base",
        hint: "--init founds one, --base KEY joins one; --namespace names another")
    }
    let local = try folder.get(name: "local", isReadOnly: true)
    guard let known = try local.userData("referrer").flatMap({ Fixed32($0) }) else {
      if local.length == 0 { return }
      throw ToolError(
        .refused, "the namespace holds a log named local that is no writer of a base",
        hint: "--namespace names another one")
    }
    guard key == nil || key == known else {
      throw ToolError(
        .refused, "the namespace holds another base, \(KeyIdentifier.encode(known))",
        hint: "--namespace names another one")
    }
  }

  /// Other views than those that members have computed would contradict what is signed.
  private func checkViews() throws {
    for checkout in base.info.views {
      guard try folder.has(key: checkout.key), let text = try folder.get(key: checkout.key).userData("autobase/view")
      else { continue }
      let name = String(decoding: text, as: UTF8.self)
      guard viewNames.contains(name) else {
        throw ToolError(
          .refused, "the base has a view \(name), which the program does not make",
          hint: "all members of a base apply the same: name the program with --apply, or the view with --view")
      }
    }
  }

  /// Milliseconds since the start.
  private var now: UInt64 {
    let (seconds, attoseconds) = start.duration(to: .now).components
    return UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000)
  }

  private func perform<R>(_ body: () throws -> R) throws -> R {
    do {
      return try program?.perform(base, body) ?? body()
    } catch is ApplyPending {
      throw ToolError(
        .temporary, "the order of nodes kept changing while the program was asked",
        hint: "a program that answers faster keeps up with those who write")
    }
  }

  /// Takes in all that is new.
  func advance() throws {
    repeat { try perform { try base.advance() } } while base.isHalfway
    try nameViews()
  }

  /// Appends values, each as a node of its own or all as one atomic batch.
  ///
  /// - Returns: the length of the local log.
  func append(_ values: [[UInt8]], isAtomic: Bool) throws -> UInt64 {
    let length = try perform { try base.append(values, isAtomic: isAtomic) }
    try advance()
    return length
  }

  /// Lets `hc-log` find the views by their names.
  private func nameViews() throws {
    for name in viewNames {
      let key = try base.view(name).key
      guard named[name] != key else { continue }
      named[name] = key
      let view = try folder.get(key: key)
      if try folder.has(name: name) {
        let old = try folder.get(name: name, isReadOnly: true)
        // A log that somebody else named so keeps its name.
        guard old.key != key, try old.userData("autobase/view") != nil else { continue }
      }
      try folder.setAlias(name, for: view)
    }
  }

  // MARK: Acknowledging

  /// When ``acknowledge()`` is to be called next, in milliseconds from now; nil for never, as things stand.
  var acknowledgeDelay: UInt64? {
    guard let deadline = acknowledger.nextDeadline else { return nil }
    let now = now
    return deadline > now ? deadline - now : 0
  }

  /// Blocks of others may have come.
  func noticeNews() { acknowledger.bump(now: now) }

  /// Does what the timer says.
  func acknowledge() throws {
    try perform {
      try acknowledger.update(now: now)
      try acknowledger.run(now: now)
    }
    try advance()
  }

  /// Answers at once, if that helps.
  func acknowledgeNow() throws {
    if base.needsAck() { try perform { _ = try base.acknowledge() } }
    try advance()
  }

  // MARK: State

  /// The state of the views.
  func views() throws -> [StreamView] {
    try viewNames.map { name in
      let view = try base.view(name)
      return StreamView(view: name, core: view.key, length: view.length, signedLength: view.signedLength)
    }
  }
}
