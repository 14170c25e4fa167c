import Autobase
import CompactEncoding
import Corestore
import HyperDB
import Hyperbee
import Hypercore
import Registry
import RegistryNode
import RegistryToolKit
import StoreToolKit
import ToolKit

/// The log that holds a database, open for reading only: the view of the store's registry, or any other.
///
/// Nothing is ever written, so that it works beside a running node. What is read is always one state of the view:
/// ``current()`` takes a snapshot.
final class OpenView {
  private let source: Source

  private enum Source {
    case registry(RegistryNode)
    case log(Hypercore, name: String?, Corestore)
    case peers(SparseView)
  }

  init(_ location: StoreLocation, _ options: ViewOptions, _ peers: PeerOptions? = nil) throws {
    if let peers, !peers.peers.isEmpty {
      source = .peers(try Self.connect(location, options, peers))
      return
    }
    let store = try location.open(isReadOnly: true)
    if let reference = options.view {
      source = .log(try reference.find(in: store), name: reference.key == nil ? reference.text : nil, store)
    } else if try RegistryNode.baseKey(in: store) != nil {
      source = .registry(try RegistryNode(store))
    } else if try store.has(name: RegistryView.name) {
      source = .log(try store.get(name: RegistryView.name, isReadOnly: true), name: RegistryView.name, store)
    } else {
      throw ToolError(
        .negative, "the store holds no registry",
        hints: ["`registry-admin init` founds one", "--view names another log, `hc-log ls` lists them"])
    }
  }

  /// The view that `--view` names by its key, at the peers. A store that is named keeps what is fetched.
  private static func connect(
    _ location: StoreLocation, _ options: ViewOptions, _ peers: PeerOptions
  ) throws -> SparseView {
    guard let key = options.view?.key else {
      throw ToolError(
        .usage, "--peer needs the key of the view", hint: "--view KEY; `registry-admin status` on a node prints it")
    }
    return try SparseView(
      key: key, peers: peers.peers, directory: location.isNamed ? location.resolve().path : nil,
      timeoutMilliseconds: peers.timeoutMilliseconds(), isVerbose: peers.verbose)
  }

  /// Runs `body`, in which all reads of a store see one state of it.
  ///
  /// - Throws: an error that tells what to do when something that is read is not stored here: a node that went on from
  ///   a state of others fetches blocks of the view as they are read, and others may hold a part of it only.
  func read<R>(_ body: () throws -> R) throws -> R {
    do {
      switch source {
      case .registry(let node): return try node.store.read(body)
      case .log(_, _, let store): return try store.read(body)
      case .peers: return try body()
      }
    } catch LogError.blockNotAvailable(let index, let length) where index < length {
      throw Self.missing("block \(index) of the view")
    } catch MerkleError.missingNode(let index) {
      throw Self.missing("node \(index) of the view's tree")
    }
  }

  private static func missing(_ what: String) -> ToolError {
    ToolError(
      .temporary, "\(what) is not stored here",
      hints: [
        "a running node fetches what it is asked for: try again later, or ask it with `rpc-call`",
        "--peer KEY@ADDRESS --view KEY reads what is missing from a node",
      ])
  }

  /// The view as it is now.
  func current() throws -> ViewState {
    try read {
      switch source {
      case .registry(let node):
        try node.base.reload()
        let view = try node.base.view(RegistryView.name)
        let core = try node.store.get(key: view.key, isReadOnly: true)
        return try ViewState(name: RegistryView.name, core, log: view.snapshot())
      case .log(let core, let name, _): return try ViewState(name: name, core, log: nil)
      case .peers(let view): return try ViewState(view)
      }
    }
  }

  /// Tells what was fetched from peers, when that is to be told.
  func end() { if case .peers(let view) = source { view.tell() } }
}

/// One state of a view.
struct ViewState {
  let name: String?
  let key: Fixed32
  /// The blocks.
  let log: any ReadableLog
  let signedLength: UInt64
  private let hash: (UInt64) throws -> Fixed32

  /// What peers have of a view, all of it signed.
  init(_ view: SparseView) throws {
    name = nil
    key = view.key
    log = try view.log()
    signedLength = log.length
    hash = { try view.treeHash(at: $0) }
    try checkFormat()
  }

  init(name: String?, _ core: Hypercore, log: (any ReadableLog)?) throws {
    self.name = name
    key = core.key
    signedLength = core.length
    // What was applied and is not signed yet rests in a draft.
    let session = try core.draftNames().contains("batch") ? core.session(named: "batch") : core
    let tip = try session.snapshotSession()
    self.log = log ?? tip
    hash = { try tip.treeHash(at: $0) }
    try checkFormat()
  }

  private func checkFormat() throws {
    guard log.length > 0, try !Hyperbee.isHyperbee(log) else { return }
    throw ToolError(.incompatible, "the log holds no database", hint: "`hc-log cat` shows what it holds")
  }

  var length: UInt64 { log.length }

  /// The hash of the Merkle tree's roots over the first `length` blocks.
  func treeHash(at length: UInt64) throws -> Fixed32 { try hash(length) }

  /// The length that an option means.
  ///
  /// - Parameter specification: tells where transactions end; nil when that is not known.
  func length(_ argument: LengthArgument?, _ specification: Specification?) throws -> UInt64 {
    switch argument {
    case nil: return length
    case .signed?: return signedLength
    case .number(let number)?:
      guard number <= length else { throw ToolError(.negative, "the view has \(length) blocks, not \(number)") }
      guard let specification, try !isBoundary(number, specification) else { return number }
      throw ToolError(
        .usage, "length \(number) lies inside a transaction", hint: try boundaryHint(number, specification))
    }
  }

  /// The database at a length.
  func database(_ specification: Specification, at length: UInt64) -> HyperDB {
    HyperDB(Hyperbee(log).at(length), specification.database)
  }

  /// Whether a transaction ended at a length. Index keys come before the record they belong to, so that a block of an
  /// index is never the last one.
  private func isBoundary(_ length: UInt64, _ specification: Specification) throws -> Bool {
    if length <= 1 || length == self.length { return true }
    return try specification.isRecord(Hyperbee(log).get(sequence: length - 1).key)
  }

  private func boundaryHint(_ length: UInt64, _ specification: Specification) throws -> String {
    var (lower, upper) = (length - 1, length + 1)
    while try !isBoundary(lower, specification) { lower -= 1 }
    while try !isBoundary(upper, specification) { upper += 1 }
    return "the nearest lengths are \(lower) and \(upper)"
  }
}
