import CompactEncoding
import Protomux
import ProtomuxRPC
import TestSupport
import Testing

@Suite struct RPCEndpointTests {
  /// One side of a connection with one RPC channel.
  struct Side {
    var mux = Protomux()
    var endpoint: RPCEndpoint
    var events: [RPCEvent] = []
    var channelClosed = false

    init() throws {
      endpoint = RPCEndpoint(channel: try mux.open(PairKey(ProtomuxRPC.protocolName)))
    }

    mutating func take(_ frames: [[UInt8]]) throws {
      for frame in frames { try mux.receive(frame) }
      while let event = mux.nextEvent() {
        switch event {
        case .message(_, let type, let payload):
          if let event = try endpoint.receive(type: type, payload: payload, on: &mux) { events.append(event) }
        case .closed:
          channelClosed = true
          events += endpoint.closed()
        case .opened, .offered: break
        }
      }
    }
  }

  func pair() throws -> (Side, Side) {
    var (a, b) = (try Side(), try Side())
    try b.take(a.mux.takeFrames())
    try a.take(b.mux.takeFrames())
    return (a, b)
  }

  @Test func answersComeInAnyOrder() throws {
    var (client, server) = try pair()
    let ids = try (0..<5).map { try client.endpoint.call("m\($0)", [UInt8($0)], on: &client.mux) }
    try server.take(client.mux.takeFrames())
    #expect(server.endpoint.unansweredCount == 5)
    for case .request(let request) in server.events.reversed() {
      server.endpoint.respond(to: request.id, .success(request.value), on: &server.mux)
    }
    try client.take(server.mux.takeFrames())
    #expect(client.events == ids.reversed().map { .finished(id: $0, .success([UInt8($0 - 1)])) })
    #expect(client.endpoint.callCount == 0 && server.endpoint.unansweredCount == 0)
  }

  @Test func timeOutsAndCancellation() throws {
    var (client, server) = try pair()
    let slow = try client.endpoint.call("a", [], timeoutMilliseconds: 50, now: 100, on: &client.mux)
    let slower = try client.endpoint.call("a", [], timeoutMilliseconds: 70, now: 100, on: &client.mux)
    let patient = try client.endpoint.call("a", [], on: &client.mux)
    let dropped = try client.endpoint.call("a", [], timeoutMilliseconds: .max, now: 100, on: &client.mux)
    #expect(client.endpoint.nextDeadline == 150)
    #expect(client.endpoint.cancel(dropped, on: &client.mux))
    #expect(!client.endpoint.cancel(dropped, on: &client.mux))
    #expect(client.endpoint.expire(at: 149, on: &client.mux) == [])
    let expected = RPCEvent.finished(id: slow, .failure(.timeout(milliseconds: 50)))
    #expect(client.endpoint.expire(at: 160, on: &client.mux) == [expected])
    #expect(client.endpoint.nextDeadline == 170)
    try server.take(client.mux.takeFrames())
    for id in 1...4 as ClosedRange<UInt64> { server.endpoint.respond(to: id, .success([]), on: &server.mux) }
    try client.take(server.mux.takeFrames())
    #expect(client.events == [.finished(id: slower, .success([])), .finished(id: patient, .success([]))])
    #expect(client.endpoint.nextDeadline == nil)
  }

  @Test func endingWaitsForWhatIsOpen() throws {
    var (client, server) = try pair()
    _ = try client.endpoint.call("a", [], on: &client.mux)
    client.endpoint.end(on: &client.mux)
    #expect(throws: RPCError.closed) { _ = try client.endpoint.call("b", [], on: &client.mux) }
    #expect(throws: RPCError.closed) { try client.endpoint.notify("b", [], on: &client.mux) }
    try server.take(client.mux.takeFrames())
    server.endpoint.end(on: &server.mux)
    #expect(!server.endpoint.isClosed)
    server.endpoint.respond(to: 1, .success([1]), on: &server.mux)
    #expect(server.endpoint.isClosed)
    try client.take(server.mux.takeFrames())
    #expect(client.events == [.finished(id: 1, .success([1]))])
    #expect(client.endpoint.isClosed)
  }

  @Test func closingFailsWhatWaits() throws {
    var (client, server) = try pair()
    for _ in 0..<3 { _ = try client.endpoint.call("a", [], on: &client.mux) }
    #expect(
      server.endpoint.destroy(on: &server.mux) == [] && server.endpoint.isClosed && !server.channelClosed)
    try client.take(server.mux.takeFrames())
    #expect(client.channelClosed)
    #expect(client.events == (1...3).map { .finished(id: $0, .failure(.closed)) })
  }

  @Test func longValuesAreRefusedHereNotOnTheWire() throws {
    var (client, server) = try pair()
    let long = [UInt8](repeating: 0, count: 0xff_ffff)
    #expect(throws: RPCError.self) { _ = try client.endpoint.call("a", long, on: &client.mux) }
    #expect(client.endpoint.callCount == 0)
    #expect(try client.endpoint.call("a", [], on: &client.mux) == 1)
    try server.take(client.mux.takeFrames())
    server.endpoint.respond(to: 1, .success(long), on: &server.mux)
    try client.take(server.mux.takeFrames())
    guard case .finished(1, .failure(let error)) = try #require(client.events.first) else {
      Issue.record("no failure")
      return
    }
    #expect(error.code == .encodeError)
  }

  @Test func everyErrorComesBack() throws {
    let cause = RPCError.Cause("why", code: "E", context: "id")
    let errors: [RPCError] = [
      .unknownMethod("m"), .requestFailed(.init("why")), .undecodable(cause), .unencodable(cause),
      RPCError(nil, "plain"), RPCError(nil, "plain", cause: .init("", code: nil, context: "")),
    ]
    for error in errors {
      let bytes = RPCResponse(id: 300, .failure(error)).encoded()
      #expect(try RPCResponse(decoding: bytes) == RPCResponse(id: 300, .failure(error)))
    }
    // Local codes are not sent; unknown ones are not kept.
    let local = RPCResponse(id: 1, .failure(.timeout(milliseconds: 5))).encoded()
    guard case .failure(let read) = try RPCResponse(decoding: local).result else { return }
    #expect(read.code == nil && read.message == "timeout of 5ms exceeded")
    guard case .failure(let other) = try RPCResponse(decoding: [3, 1, 1, 109, 1, 88]).result else { return }
    #expect(other == RPCError(nil, "m"))
  }

  /// Every byte of requests and responses changed or cut: an error or another message, never a crash.
  @Test func mangledMessagesAreSurvived() throws {
    let cause = RPCError.Cause("why", code: "E", context: "id")
    let messages: [(UInt64, [UInt8])] = [
      (0, RPCRequest(id: 1, method: "put-entry", value: [1, 2, 3]).encoded()),
      (1, RPCResponse(id: 1, .success([1, 2, 3])).encoded()),
      (1, RPCResponse(id: 1, .failure(.requestFailed(cause))).encoded()),
    ]
    for (type, bytes) in messages {
      for i in bytes.indices {
        for value in [0, 1, 15, 0x80, 0xfd, 0xfe, 0xff] as [UInt8] {
          var changed = bytes
          changed[i] = value
          for payload in [changed, Array(bytes[..<i])] {
            var (client, _) = try pair()
            _ = try client.endpoint.call("a", [], on: &client.mux)
            _ = try? client.endpoint.receive(type: type, payload: payload[...], on: &client.mux)
          }
        }
      }
    }
  }
}
