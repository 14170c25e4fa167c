import CompactEncoding
import HypercoreCrypto
import JSON

extension ApplyCodec {
  /// Reads what a program says.
  ///
  /// - Parameter line: without its line feed.
  public func reply(_ line: [UInt8]) throws(ApplyProtocolError) -> ApplyReply {
    let (type, object) = try ApplyMember.object(line)
    switch type {
    case "hello": return .hello(try hello(object))
    case "answer": return .answer(try answer(object))
    case "get":
      return .get(
        ApplyGet(
          view: try object.optional("view", "a name") { $0.string },
          index: try object.required("index", ApplyMember.number) { $0.unsigned },
          count: try object.optional("count", ApplyMember.number) { $0.unsigned } ?? 1))
    default: throw .type(found: type, expected: "a hello, an answer or a get")
    }
  }

  private func hello(_ object: JSONObject) throws(ApplyProtocolError) -> ApplyHello {
    func encoding(_ value: JSON) -> ApplyEncoding? { value.string.flatMap { ApplyEncoding(rawValue: $0) } }
    let kinds = "hex, utf8 or json"
    let limit = try object.optional("limit", "a number from 1 on") { $0.unsigned }
    if limit == 0 { throw .member("limit", expected: "a number from 1 on") }
    return ApplyHello(
      version: try object.required("version", ApplyMember.number) { $0.unsigned },
      values: try object.optional("values", kinds, encoding) ?? .hex,
      blocks: try object.optional("blocks", kinds, encoding),
      views: try object.optional("views", ApplyMember.names, ApplyMember.names), limit: limit)
  }

  private func answer(_ object: JSONObject) throws(ApplyProtocolError) -> ApplyAnswer {
    let items = try object.required("results", "an array") { $0.array }
    var results: [ApplyResult] = []
    results.reserveCapacity(items.count)
    for item in items {
      guard let members = item.object else { throw .member("results", expected: "an array of objects") }
      var result = ApplyResult()
      if let append = members["append"], !append.isNull { result.appends = try appends(append) }
      if let calls = members["calls"], !calls.isNull {
        guard let list = calls.array else { throw .member("calls", expected: "an array") }
        for call in list { result.calls.append(try Self.call(call)) }
      }
      results.append(result)
    }
    return ApplyAnswer(id: try object.optional("id", ApplyMember.number) { $0.unsigned }, results: results)
  }

  private func appends(_ value: JSON) throws(ApplyProtocolError) -> [ApplyResult.Append] {
    if let list = value.array {
      guard let first = views.first else { throw .member("append", expected: "an object with a member for each view") }
      return list.isEmpty ? [] : [ApplyResult.Append(view: first, blocks: try blocks(list))]
    }
    guard let object = value.object else { throw .member("append", expected: "an array or an object of arrays") }
    var appends: [ApplyResult.Append] = []
    for (name, list) in object {
      guard views.contains(name) else { throw .unknownView(name) }
      guard let list = list.array else { throw .member("append", expected: "an array for each view") }
      if !list.isEmpty { appends.append(ApplyResult.Append(view: name, blocks: try blocks(list))) }
    }
    return appends
  }

  private func blocks(_ list: [JSON]) throws(ApplyProtocolError) -> [[UInt8]] {
    var found: [[UInt8]] = []
    found.reserveCapacity(list.count)
    for item in list {
      guard let block = blocks.bytes(of: item) else {
        throw .member("append", expected: blocks == .hex ? "an array of strings of hex digits" : "an array of strings")
      }
      guard block.count <= ApplyLimits.blockByteCount else { throw .blockTooLarge(block.count) }
      found.append(block)
    }
    return found
  }

  private static func call(_ value: JSON) throws(ApplyProtocolError) -> ApplyCall {
    guard let object = value.object else { throw .member("calls", expected: "an array of objects") }
    func key() throws(ApplyProtocolError) -> Fixed32 { try object.required("core", ApplyMember.key, ApplyMember.key) }
    switch object["call"]?.string {
    case "add-writer":
      let isIndexer = try object.optional("indexer", ApplyMember.flag) { $0.bool } ?? true
      return .addWriter(try key(), isIndexer: isIndexer)
    case "remove-writer": return .removeWriter(try key())
    case "ack-writer": return .ackWriter(try key())
    case "prefer-fast-forward": return .preferFastForward
    case "interrupt": return .interrupt(try object.optional("reason", "a text") { $0.string } ?? "no reason given")
    default:
      throw .member(
        "call", expected: "add-writer, remove-writer, ack-writer, prefer-fast-forward or interrupt")
    }
  }
}

extension ApplyCodec {
  /// The line of a reply, with its line feed: for programs in this language, and for tests.
  public func line(_ reply: ApplyReply) -> [UInt8] {
    var output: [UInt8] = []
    json(reply).writeLine(to: &output)
    return output
  }

  private func json(_ reply: ApplyReply) -> JSON {
    switch reply {
    case .hello(let hello):
      var object = JSONObject([
        ("type", "hello"), ("version", ApplyMember.number(hello.version)), ("values", .string(hello.values.rawValue)),
        ("blocks", .string(hello.blocks.rawValue)),
      ])
      if let views = hello.views { object["views"] = .array(views.map { .string($0) }) }
      if let limit = hello.limit { object["limit"] = ApplyMember.number(limit) }
      return .object(object)
    case .answer(let answer):
      var object = JSONObject([("type", "answer")])
      if let id = answer.id { object["id"] = ApplyMember.number(id) }
      object["results"] = .array(answer.results.map { json($0) })
      return .object(object)
    case .get(let get):
      var object = JSONObject([("type", "get")])
      if let view = get.view { object["view"] = .string(view) }
      object["index"] = ApplyMember.number(get.index)
      object["count"] = ApplyMember.number(get.count)
      return .object(object)
    }
  }

  private func json(_ result: ApplyResult) -> JSON {
    var object = JSONObject()
    if !result.appends.isEmpty {
      var appends = JSONObject()
      for append in result.appends { appends[append.view] = .array(append.blocks.map { json($0) }) }
      object["append"] = .object(appends)
    }
    if !result.calls.isEmpty { object["calls"] = .array(result.calls.map { Self.json($0) }) }
    return .object(object)
  }

  private func json(_ block: [UInt8]) -> JSON {
    switch blocks {
    case .hex: .string(Hex.encode(block))
    case .utf8: .string(String(decoding: block, as: UTF8.self))
    case .json: (try? JSON(parsing: block)) ?? .null
    }
  }

  private static func json(_ call: ApplyCall) -> JSON {
    switch call {
    case .addWriter(let key, let isIndexer):
      ["call": "add-writer", "core": .string(KeyIdentifier.encode(key)), "indexer": .bool(isIndexer)]
    case .removeWriter(let key): ["call": "remove-writer", "core": .string(KeyIdentifier.encode(key))]
    case .ackWriter(let key): ["call": "ack-writer", "core": .string(KeyIdentifier.encode(key))]
    case .preferFastForward: ["call": "prefer-fast-forward"]
    case .interrupt(let reason): ["call": "interrupt", "reason": .string(reason)]
    }
  }
}
