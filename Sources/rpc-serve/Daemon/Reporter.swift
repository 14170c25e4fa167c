import CompactEncoding
import HypercoreCrypto
import JSON
import Logging
import Synchronization
import ToolKit
import Transport

/// What the daemon says on standard error: lines for people, or JSON objects.
final class Reporter: Sendable {
  let isVerbose: Bool
  private let isJSON: Bool
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

  func status(_ text: String, _ object: JSONObject) {
    var object = object
    object["event"] = "status"
    say(text, .object(object))
  }

  /// Something changed that an operator should know.
  func notice(_ text: String, event: String) {
    say(text, ["event": .string(event), "message": .string(text)])
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
