import Autobase
import Corestore
import Glibc
import Hypercore
import RegistryNode
import StoreToolKit
import ToolKit

/// What `doctor` examines, one group of findings after the other. Nothing is written.
struct Checkup {
  let directory: String
  /// Whether pages are checked and blocks hashed again, which reads the whole file.
  let isThorough: Bool
  let options: OutputOptions
  let report: (Finding) throws -> Void

  func run(_ location: StoreLocation) throws {
    for finding in Self.programs { try report(finding) }
    for finding in folder { try report(finding) }
    guard access(directory, F_OK) == 0 else { return }
    try report(lock)
    let store: Corestore
    do {
      store = try location.open(isReadOnly: true)
    } catch {
      // Whatever cannot be opened cannot be examined further; the secrets are files of their own.
      try report(.fail("store", error))
      for finding in secretFiles { try report(finding) }
      return
    }
    try report(durability(location))
    let isSound = try health(store)
    for finding in secretFiles { try report(finding) }
    // Reading through a damaged file only repeats what is known.
    guard isSound else { return }
    try logs(store)
    try registry(store)
  }

  // MARK: Store

  /// What an acknowledged commit of the tools is worth, as they are set up.
  private func durability(_ location: StoreLocation) throws -> Finding {
    try location.resolve().sync == .full
      ? .ok("sync", "a commit is on disk before anybody hears of it")
      : .warn(
        "sync", "sync is normal: a power failure may undo the newest commits of this node",
        hint: "use --sync full, or unset HYPERTOOLS_SYNC, where that must not happen")
  }

  private func health(_ store: Corestore) throws -> Bool {
    let health: StoreHealth
    do {
      health = try store.health(isThorough: isThorough)
    } catch {
      try report(.fail("store", error))
      return false
    }
    let size = UInt64(clamping: health.pageCount * health.pageSize)
    try report(
      .ok(
        "store",
        "schema version \(health.schemaVersion), \(SizeArgument.text(size)), \(health.coreCount) logs, \(health.blockCount) blocks"
      ))
    for problem in health.problems.prefix(5) {
      try report(
        .fail(
          "pages", .integrity, problem,
          hint: "restore a backup, or make a new store and fetch the logs again from other peers"))
    }
    if isThorough, health.problems.isEmpty {
      try report(.ok("pages", "SQLite finds nothing wrong in \(health.pageCount) pages"))
    }
    let log = UInt64(clamping: health.walSize)
    let limit: UInt64 = 256 << 20
    try report(
      log > limit
        ? .warn(
          "wal", "the write-ahead log has \(SizeArgument.text(log))",
          hint: "a process that reads for very long keeps it from being written back: look for one")
        : .ok("wal", "the write-ahead log has \(SizeArgument.text(log))"))
    try report(space(UInt64(clamping: health.freeDiskSpace), store: size))
    try report(.ok("drafts", "\(health.draftCount) drafts: ends of views that are not signed yet"))
    try report(
      health.hasPrimaryKey
        ? .ok("seed", "the primary key is there and belongs to the store")
        : .fail(
          "seed", .localIO, "the primary key is missing: \(directory)/secrets/seed",
          hint: "restore the secrets of this store, without them its own logs cannot be written"))
    return health.problems.isEmpty
  }

  private func space(_ free: UInt64, store: UInt64) -> Finding {
    let text = "\(SizeArgument.text(free)) free"
    if free < 16 << 20 { return .fail("disk", .localIO, text, hint: "free some space: writing fails soon or now") }
    if free < max(store, 512 << 20) {
      return .warn("disk", text, hint: "free some space, at least as much as the store has")
    }
    return .ok("disk", text)
  }

  // MARK: Logs

  private func logs(_ store: Corestore) throws {
    let names = try LogNames(store)
    let records = try store.cores()
    let open = try records.map { try store.get(key: $0.key, isReadOnly: true) }
    var progress = Progress("hashed", total: open.reduce(0) { $0 + $1.length })
    var bad = 0
    var blocks: UInt64 = 0
    for log in open {
      let name = names[log.key] ?? options.text(log.key)
      do {
        var problems: [String]
        if isThorough {
          let check = try LogCheck(log, in: store) { progress.advance() }
          blocks += check.blocks
          problems = check.problems.map(\.text)
        } else {
          problems = try store.read { try log.isHeadSound() } ? [] : ["the head is not what was signed"]
        }
        if log.isFrozen { problems.append("it is frozen: two conflicting signatures were seen, nothing more is taken") }
        guard let first = problems.first else { continue }
        bad += 1
        try report(
          .fail("log", .integrity, "\(name): \(first)", hint: "`hc-log verify \(name)` tells more; restore a backup"))
      } catch let error as any ToolErrorConvertible {
        bad += 1
        try report(.fail("log", error))
      }
    }
    guard bad == 0 else { return }
    try report(
      .ok(
        "logs",
        isThorough
          ? "\(open.count) logs, \(blocks) blocks: all hashes and signatures are right"
          : "\(open.count) logs: all heads are signed rightly"))
  }

  // MARK: Registry

  private func registry(_ store: Corestore) throws {
    do {
      let answer = LiveStatus.ask(directory: directory)
      let silence = Stall.silence(answer, processID: NodeLock.holder(directory: directory))
      let live = answer.status
      let stalls = try store.read {
        let node = try RegistryNode(store)
        let status = try node.base.status()
        return try [silence].compactMap(\.self) + Stall.all(status, options)
          + Stall.replication(LogReport.all(node, status, live), live, options)
      }
      if stalls.isEmpty { return try report(.ok("registry", "everything is indexed and signed")) }
      for stall in stalls { try report(.warn("registry", "waits for \(stall.text)")) }
    } catch RegistryNodeError.notInitialized {
      try report(.warn("registry", "the store holds no registry", hint: "`registry-admin init` founds one"))
    } catch {
      try report(.fail("registry", error))
    }
  }
}

extension Hypercore {
  /// Whether tree hash and signature of the head fit the stored roots; no block is read.
  fileprivate func isHeadSound() throws -> Bool {
    let head = try head()
    guard head.length > 0 else { return true }
    guard let tree = try? MerkleTree(roots: roots(), length: head.length, fork: head.fork) else { return false }
    return tree.hash == head.rootHash && Verifier(key: key, manifest: manifest).accepts(tree, signature: head.signature)
  }
}
