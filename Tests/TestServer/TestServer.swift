import CompactEncoding
import Glibc
import HypercoreCrypto
import ProtomuxRPC
import Registry
import RegistryNode
import Transport

/// A server for tests of callers: a registry in memory, and methods named after what they do.
///
/// `rpc-test-server ADDRESS [SETTING=VALUE]…`, settings: `seed` of its key pair (a number), `allow` (a key that may
/// write; everybody without it), `die` (ends after that many answers, without sending those of the last batch).
/// Prints `KEY@ADDRESS` once it listens.
@main
struct TestServer {
  static func main() async throws {
    var arguments = CommandLine.arguments.dropFirst()
    guard let address = arguments.popFirst().flatMap({ TransportAddress($0) }) else { exit(2) }
    let service = MemoryRegistry()
    var seed: UInt64 = 1
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { exit(2) }
      switch parts[0] {
      case "seed": seed = UInt64(parts[1]) ?? 0
      case "allow": service.writer = try KeyIdentifier.decode(parts[1])
      case "die": service.answersLeft = Int(parts[1])
      default: exit(2)
      }
    }
    let keyPair = KeyPair(seed: Blake2b.hash(withUnsafeBytes(of: seed.littleEndian) { Array($0) }))
    let server = try await RPCServer.start(
      on: TransportLoop(), addresses: [address], keyPair: keyPair, service: service)
    let line = "\(KeyIdentifier.encode(keyPair.publicKey))@\(server.addresses[0])\n"
    _ = line.withCString { write(1, $0, strlen($0)) }
    while true { pause() }
  }
}

/// Answers out of a dictionary. Used on the event loop only, once it serves.
final class MemoryRegistry: RPCService, @unchecked Sendable {
  var writer: Fixed32?
  var answersLeft: Int?
  private var entries: [String: Entry] = [:]

  func respond(to calls: [RPCCall]) -> [RPCOutcome] {
    if let left = answersLeft {
      guard calls.count <= left else { exit(9) }
      answersLeft = left - calls.count
    }
    return calls.map { call in
      do {
        return try answer(call)
      } catch let error as RPCError {
        return .failure(error)
      } catch {
        return .failure(.undecodable(.init("\(error)")))
      }
    }
  }

  private func answer(_ call: RPCCall) throws -> RPCOutcome {
    let value = call.request.value.span.bytes
    if let method = RegistryMethod(rawValue: call.request.method), method.need != .read, let writer {
      guard call.peer.publicKey == writer else {
        throw RPCError.requestFailed(.init("Not authorized", code: "NOT_AUTHORIZED"))
      }
    }
    switch call.request.method {
    case "put-entry":
      let entry = try Entry(decoding: value)
      entries[entry.name] = entry
      return .value([])
    case "delete-entry":
      entries[try EntryName(decoding: value).name] = nil
      return .value([])
    case "get-entry": return .value(EntryResult(entries[try EntryName(decoding: value).name]).encoded())
    case "get-entry-by-drive-key":
      let key = try DriveKey(decoding: value).key
      return .value(EntryResult(entries.values.first { $0.driveKey == key }).encoded())
    case "list-entries":
      let request = try ListRequest(decoding: value)
      let found = entries.values.sorted { $0.name < $1.name }.filter { $0.name > request.after ?? "" }
      let page = found.prefix(request.effectiveLimit)
      return .value(
        ListResponse(entries: Array(page), next: page.count < found.count ? page.last?.name : nil).encoded())
    case "status":
      let key = Fixed32()
      let length = UInt64(entries.count)
      return .value(
        Status(baseKey: key, localKey: key, viewKey: key, viewLength: length, signedLength: length, software: "test")
          .encoded())
    case "echo": return .value(call.request.value)
    case "fail": return .failure(.requestFailed(.init("no", code: "E_NO", context: "here")))
    case "not-writable": return .failure(.requestFailed(.init("Not writable")))
    case "silence": return .deferred
    case "die": exit(9)
    default: return .failure(.unknownMethod(call.request.method))
    }
  }
}
