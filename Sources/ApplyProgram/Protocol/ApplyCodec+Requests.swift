import CompactEncoding
import HypercoreCrypto
import JSON

extension ApplyCodec {
  /// The line of a request, with its line feed.
  public func line(_ request: ApplyRequest) -> [UInt8] {
    var output: [UInt8] = []
    json(request).writeLine(to: &output)
    return output
  }

  private func json(_ request: ApplyRequest) -> JSON {
    switch request {
    case .hello(let offer):
      var object = JSONObject([
        ("type", "hello"), ("protocol", .string(Self.name)), ("version", ApplyMember.number(offer.version)),
        ("mode", .string(offer.mode.rawValue)),
      ])
      if !offer.views.isEmpty { object["views"] = .array(offer.views.map { .string($0) }) }
      return .object(object)
    case .batch(let batch):
      var views = JSONObject()
      for view in batch.views {
        var object = JSONObject([("length", ApplyMember.number(view.length))])
        if let last = view.last { object["last"] = .object(blocks.carried(last)) }
        views[view.name] = .object(object)
      }
      return [
        "type": "batch", "id": ApplyMember.number(batch.id), "resume": .bool(batch.isResuming),
        "views": .object(views), "nodes": .array(batch.nodes.map { json($0) }),
      ]
    case .block(let answer):
      return [
        "type": "block", "view": .string(answer.view), "index": ApplyMember.number(answer.index),
        "blocks": .array(answer.blocks.map { .object(blocks.carried($0)) }),
      ]
    }
  }

  /// The name of the protocol.
  static let name = "ab-apply"

  private func json(_ node: ApplyNode) -> JSON {
    var object = JSONObject([
      ("core", .string(KeyIdentifier.encode(node.position.core))),
      ("length", ApplyMember.number(node.position.length)),
    ])
    for (name, value) in values.carried(node.value) { object[name] = value }
    object["batch"] = [ApplyMember.number(node.batchIndex), ApplyMember.number(node.batchRest)]
    if let base = node.base {
      object["indexed"] = .bool(base.isIndexed)
      if base.isOptimistic { object["optimistic"] = true }
      object["heads"] = ApplyMember.json(base.heads)
    }
    if let classic = node.classic {
      object["clock"] = ApplyMember.json(classic.clock)
      object["prefix"] = ApplyMember.json(classic.prefix)
      object["operations"] = ApplyMember.number(classic.operations)
    }
    return .object(object)
  }
}

extension ApplyCodec {
  /// Reads a request: for programs in this language, and for tests.
  ///
  /// - Parameter line: without its line feed.
  public func request(_ line: [UInt8]) throws(ApplyProtocolError) -> ApplyRequest {
    let (type, object) = try ApplyMember.object(line)
    switch type {
    case "hello":
      let name = try object.required("protocol", "a name") { $0.string }
      guard name == Self.name else { throw .member("protocol", expected: Self.name) }
      return .hello(
        ApplyOffer(
          version: try object.required("version", ApplyMember.number) { $0.unsigned },
          mode: try object.required("mode", "a mode") { $0.string.flatMap { ApplyMode(rawValue: $0) } },
          views: try object.optional("views", ApplyMember.names, ApplyMember.names) ?? []))
    case "batch": return .batch(try batch(object))
    case "block":
      return .block(
        ApplyBlocks(
          view: try object.required("view", "a name") { $0.string },
          index: try object.required("index", ApplyMember.number) { $0.unsigned },
          blocks: try object.required("blocks", "an array of blocks") { value in
            guard let items = value.array else { return nil }
            let found = items.compactMap { blocks.bytes(in: $0) }
            return found.count == items.count ? found : nil
          }))
    default: throw .type(found: type, expected: "a hello, a batch or a block")
    }
  }

  private func batch(_ object: JSONObject) throws(ApplyProtocolError) -> ApplyBatch {
    let states = try object.required("views", "an object") { $0.object }
    var views: [ApplyBatch.View] = []
    for (name, state) in states {
      guard let length = state["length"]?.unsigned else { throw .member("length", expected: ApplyMember.number) }
      let last = state["last"].flatMap { blocks.bytes(in: $0) }
      views.append(ApplyBatch.View(name: name, length: length, last: last))
    }
    let items = try object.required("nodes", "an array") { $0.array }
    var nodes: [ApplyNode] = []
    for item in items {
      guard let members = item.object else { throw .member("nodes", expected: "an array of objects") }
      nodes.append(try node(members))
    }
    return ApplyBatch(
      id: try object.required("id", ApplyMember.number) { $0.unsigned },
      isResuming: try object.required("resume", ApplyMember.flag) { $0.bool }, views: views, nodes: nodes)
  }

  private func node(_ object: JSONObject) throws(ApplyProtocolError) -> ApplyNode {
    let batch = try object.required("batch", "two numbers") { $0.array?.compactMap { $0.unsigned } }
    guard batch.count == 2 else { throw .member("batch", expected: "two numbers") }
    guard let value = values.bytes(in: .object(object)) else { throw .member("value", expected: values.rawValue) }
    var node = ApplyNode(
      position: ApplyPosition(
        core: try object.required("core", ApplyMember.key, ApplyMember.key),
        length: try object.required("length", ApplyMember.number) { $0.unsigned }),
      value: value, batchIndex: batch[0], batchRest: batch[1])
    let list = "an array of positions"
    if let heads = try object.optional("heads", list, ApplyMember.positions) {
      node.base = ApplyNode.Base(
        heads: heads, isIndexed: try object.required("indexed", ApplyMember.flag) { $0.bool },
        isOptimistic: try object.optional("optimistic", ApplyMember.flag) { $0.bool } ?? false)
    }
    if let clock = try object.optional("clock", list, ApplyMember.positions) {
      node.classic = ApplyNode.Classic(
        clock: clock, prefix: try object.required("prefix", list, ApplyMember.positions),
        operations: try object.required("operations", ApplyMember.number) { $0.unsigned })
    }
    return node
  }
}
