import CompactEncoding
import JSON
import Protomux
import ProtomuxRPC
import TestSupport
import Testing

/// A client and a server that do what a recorded case did; every frame they make must equal the recorded one.
struct RPCReplay {
  struct Side {
    var mux = Protomux()
    var endpoint: RPCEndpoint?
    var remoteHandshake: [UInt8]?
    var requests: [RPCRequest] = []
    var finished: [UInt64: Result<[UInt8], RPCError>] = [:]
    var offers: [PairKey] = []
    var sentRequests: [RPCRequest] = []
  }

  let item: JSON
  let name: String
  var sides = ["client": Side(), "server": Side()]

  init(_ item: JSON) throws {
    self.item = item
    name = try item.text("name")
  }

  /// The results that the file expects, in the order of the calls.
  func expectedResults() throws -> [JSON] {
    if let results = item["results"]?.object { return results.map(\.value) }
    if let result = item["result"] { return [result] }
    if let result = item["clientResult"] { return [result] }
    throw VectorError("\(name) has no results")
  }

  /// Milliseconds after which the call `id` times out, when it is expected to.
  func timeout(of id: UInt64) throws -> UInt64? {
    let results = try expectedResults()
    guard id > 0, id <= results.count, let code = results[Int(id) - 1]["code"]?.string,
      code == RPCError.Code.timeoutExceeded.rawValue
    else { return nil }
    return UInt64(try results[Int(id) - 1].text("message").filter(\.isNumber))
  }

  mutating func run() throws {
    for (index, frame) in try item.list("frames").enumerated() where frame["hex"] != nil {
      let from = try frame.text("from")
      let made = try produce(from, frame.list("decoded"))
      #expect(made == [try frame.hex("hex")], "\(name), frame \(index)")
      let to = from == "client" ? "server" : "client"
      for bytes in made { try sides[to]?.mux.receive(bytes) }
      try collect(to)
    }
    try compareResults()
  }

  mutating func produce(_ from: String, _ parts: [JSON]) throws -> [[UInt8]] {
    guard var side = sides[from] else { throw VectorError("unknown side \(from)") }
    var expiry: UInt64?
    for part in parts {
      switch try part.text("kind") {
      case "batch-begin": side.mux.cork()
      case "batch-end": side.mux.uncork()
      case "open":
        let key = PairKey(try part.text("protocol"), try part.hex("id"))
        #expect(key.protocolName == ProtomuxRPC.protocolName)
        side.endpoint = RPCEndpoint(channel: try side.mux.open(key, handshake: try part.hex("handshakeHex")))
      case "reject": side.mux.reject(try #require(side.offers.first))
      case "close": side.endpoint?.end(on: &side.mux)
      case "message":
        let decoded = try part.at("decoded")
        let id = try decoded.number("id")
        switch try part.number("type") {
        case 0:
          let request = RPCRequest(id: id, method: try decoded.text("method"), value: try decoded.hex("value"))
          #expect(try part.hex("bodyHex") == request.encoded())
          side.sentRequests.append(request)
          if request.isEvent {
            try side.endpoint?.notify(request.method, request.value, on: &side.mux)
          } else {
            expiry = try timeout(of: id)
            let made = try side.endpoint?.call(
              request.method, request.value, timeoutMilliseconds: expiry, now: 1000, on: &side.mux)
            #expect(made == id)
          }
        case 1:
          let result = try recordedResult(decoded)
          #expect(try part.hex("bodyHex") == RPCResponse(id: id, result).encoded())
          side.endpoint?.respond(to: id, result, on: &side.mux)
        case let type: throw VectorError("no test for a message of type \(type)")
        }
      case let kind: throw VectorError("no test for a frame of kind \(kind)")
      }
    }
    let made = side.mux.takeFrames()
    if let expiry {
      #expect(side.endpoint?.nextDeadline == 1000 + expiry)
      #expect(side.endpoint?.expire(at: 999 + expiry, on: &side.mux) == [])
      for event in side.endpoint?.expire(at: 1000 + expiry, on: &side.mux) ?? [] { side.note(event) }
      #expect(side.endpoint?.nextDeadline == nil)
    }
    sides[from] = side
    try collect(from)
    return made
  }

  /// What a server answers, with the fixed wordings of the four kinds made by the product.
  func recordedResult(_ decoded: JSON) throws -> Result<[UInt8], RPCError> {
    guard let error = decoded["error"] else { return .success(try decoded.hex("value")) }
    var cause: RPCError.Cause?
    if let recorded = error["cause"], !recorded.isNull {
      let code = try recorded.text("code")
      cause = RPCError.Cause(
        try recorded.text("message"), code: code.isEmpty ? nil : code, context: recorded["context"]?.string)
    }
    let made: RPCError
    switch (RPCError.Code(rawValue: error["code"]?.string ?? ""), cause) {
    case (.unknownMethod, _):
      let id = try decoded.number("id")
      let request = sides["server"]?.requests.first { $0.id == id }
      made = .unknownMethod(try #require(request).method)
    case (.requestError, let cause?): made = .requestFailed(cause)
    case (.decodeError, let cause?): made = .undecodable(cause)
    case (.encodeError, let cause?): made = .unencodable(cause)
    case (let code, let cause): made = RPCError(code, try error.text("message"), cause: cause)
    }
    #expect(made.message == (try error.text("message")))
    return .failure(made)
  }

  mutating func collect(_ name: String) throws {
    guard var side = sides[name] else { return }
    while let event = side.mux.nextEvent() {
      switch event {
      case .offered(let key): side.offers.append(key)
      case .opened(_, let handshake): side.remoteHandshake = Array(handshake)
      case .closed:
        for event in side.endpoint?.closed() ?? [] { side.note(event) }
      case .message(_, let type, let payload):
        let event = try side.endpoint?.receive(type: type, payload: payload, on: &side.mux)
        if let event { side.note(event) }
      }
    }
    sides[name] = side
  }

  func compareResults() throws {
    guard let client = sides["client"], let server = sides["server"] else { return }
    let expected = try expectedResults()
    #expect(expected.count > 0)
    for (index, json) in expected.enumerated() {
      let result = try #require(client.finished[UInt64(index) + 1], "\(name): call \(index + 1) never finished")
      switch result {
      case .success(let value): #expect(try matches(value, json), "\(name): call \(index + 1)")
      case .failure(let error):
        #expect(json["name"] == "RPCError")
        #expect(error.description == (try json.text("message")))
        #expect(error.code?.rawValue == json["code"]?.string)
        #expect(error.cause?.message == json["cause"]?["message"]?.string)
        #expect(error.cause?.code == json["cause"]?["code"]?.string)
        #expect(error.cause?.context == json["cause"]?["context"]?.string)
      }
    }
    #expect(client.finished.count == client.sentRequests.count { !$0.isEvent })
    #expect(server.requests == (server.offers.isEmpty || server.endpoint != nil ? client.sentRequests : []))
    if let handshake = item["clientSawHandshake"]?.string {
      let seen = try #require(client.remoteHandshake)
      var reader = Reader(seen.span.bytes)
      #expect(try reader.string() == handshake)
    }
    #expect(client.endpoint?.nextDeadline == nil)
  }

  /// Whether a value is what the file's JSON form of it says, in the encoding that the form implies.
  func matches(_ value: [UInt8], _ json: JSON) throws -> Bool {
    if json.isNull { return try value.isEmpty || RPCValue.decode(value) == nil }
    var reader = Reader(value.span.bytes)
    if let number = json.unsigned { return try reader.uint() == number }
    guard let text = json.string else { return false }
    if let bytes = Hex.decode(text), try RPCValue.decode(value) == bytes { return RPCValue.encode(bytes) == value }
    return try reader.string() == text
  }
}

extension RPCReplay.Side {
  mutating func note(_ event: RPCEvent) {
    switch event {
    case .request(let request): requests.append(request)
    case .finished(let id, let result): finished[id] = result
    }
  }
}
