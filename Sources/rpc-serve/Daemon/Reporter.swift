import CompactEncoding
import HypercoreCrypto
import JSON
import Logging
import Registry
import RegistryNode
import Synchronization
import ToolKit
import Transport

/// What the daemon says on standard error: lines for people, or JSON objects.
final class Reporter: Sendable {
  let isVerbose: Bool
  private let isJSON: Bool
  /// Which peers were connected when that was told last.
  private let state = Mutex<[PeerAddress: Bool]>([:])
  private let lastRefusal = Mutex<ContinuousClock.Instant?>(nil)

  init(isVerbose: Bool, isJSON: Bool) {
    self.isVerbose = isVerbose
    self.isJSON = isJSON
  }

  /// The server can be reached by this text.
  func listening(_ address: TransportAddress, key: Fixed32) {
    let server = "\(KeyIdentifier.encode(key))@\(address)"
    say("listening \(server)", ["event": "listening", "server": .string(server)], isBare: true)
  }

  func opened(_ peer: Peer) {
    guard isVerbose else { return }
    let key = KeyIdentifier.encode(peer.publicKey)
    say(
      "opened connection to \(key) at \(peer.address)",
      ["event": "opened", "key": .string(key), "address": .string("\(peer.address)")])
  }

  func closed(_ peer: Peer, _ reason: TransportError) {
    guard isVerbose else { return }
    let key = KeyIdentifier.encode(peer.publicKey)
    say(
      "closed connection to \(key): \(reason)",
      ["event": "closed", "key": .string(key), "reason": .string("\(reason)")])
  }

  /// Something happened to the node.
  func happened(_ event: NodeEvent, _ node: RegistryNode) {
    switch event {
    case .becameIndexer:
      notice("I have become an indexer to the autobase", event: "indexer", isBare: true)
      tellKeys(node)
    case .ceasedToBeIndexer: notice("I am no indexer of the autobase any more", event: "non-indexer")
    case .becameWriter: if isVerbose { notice("I may write", event: "writable") }
    case .ceasedToBeWriter: notice("I am no writer of the autobase any more", event: "unwritable")
    case .viewMoved:
      guard let key = try? node.status().viewKey else { return }
      let text = KeyIdentifier.encode(key)
      say("the database view key is now \(text)", ["event": "view", "viewKey": .string(text)])
    case .fastForward(let from, let to):
      say(
        "fast-forward from system length \(from) to \(to)",
        ["event": "fast-forward", "from": .integer(Int64(from)), "to": .integer(Int64(to))])
    case .failed(let text): problem(text)
    case .recovered: notice("the node works again", event: "recovered")
    }
  }

  /// The four keys of the node, in the words of the JavaScript workshop.
  private func tellKeys(_ node: RegistryNode) {
    // A node that serves has its secrets.
    guard let status = try? node.status(), let server = node.serverKeyPair?.publicKey else { return }
    let keys = [
      ("Local key", "localKey", status.localKey), ("Autobase key", "baseKey", status.baseKey),
      ("Database view key", "viewKey", status.viewKey),
      ("RPC server public key", "rpcKey", server),
    ]
    if isJSON {
      var object = JSONObject([("event", .string("keys"))])
      for (_, name, key) in keys { object[name] = .string(KeyIdentifier.encode(key)) }
      return say("", .object(object))
    }
    for (name, _, key) in keys { say("\(name): \(KeyIdentifier.encode(key))", .null, isBare: true) }
  }

  /// A connection to a peer came, went, or could not be made.
  func peer(_ status: PeerStatus) {
    if case .stopped = status.state { return }
    let text = "\(status)"
    let isConnected = if case .connected = status.state { true } else { false }
    let isNews = state.withLock { $0.updateValue(isConnected, forKey: status.peer) } != isConnected
    guard isVerbose || isNews else { return }
    say(
      "peer \(status.peer): \(text)",
      [
        "event": "peer", "peer": .string("\(status.peer)"), "connected": .bool(isConnected), "state": .string(text),
      ])
  }

  func status(_ text: String, _ object: JSONObject) {
    var object = object
    object["event"] = "status"
    say(text, .object(object))
  }

  /// Something changed that an operator should know.
  func notice(_ text: String, event: String, isBare: Bool = false) {
    say(text, ["event": .string(event), "message": .string(text)], isBare: isBare)
  }

  /// Something failed, and the work goes on.
  func problem(_ text: String, hint: String? = nil) {
    if isJSON {
      say(text, ["event": "error", "message": .string(text)])
    } else {
      Messages.error(text)
      if let hint { Messages.hint(hint) }
    }
  }

  /// A connection was turned away for lack of room. Told at most once a minute unless everything is to be told.
  func refused(_ text: String) {
    let now = ContinuousClock.now
    let isDue = lastRefusal.withLock { last in
      if !isVerbose, let last, now - last < .seconds(60) { return false }
      last = now
      return true
    }
    if isDue { notice(text, event: "refused") }
  }

  private func say(_ text: String, _ value: JSON, isBare: Bool = false) {
    if isJSON {
      var bytes: [UInt8] = []
      value.write(to: &bytes)
      Messages.line(String(decoding: bytes, as: UTF8.self))
    } else if isBare {
      Messages.line(text)
    } else {
      Messages.note(text)
    }
  }
}

/// Takes what the transport has to say.
struct ReporterLog: LogHandler {
  let reporter: Reporter
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  init(_ reporter: Reporter) {
    self.reporter = reporter
    logLevel = .notice
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    reporter.refused(event.message.description + details)
  }
}
