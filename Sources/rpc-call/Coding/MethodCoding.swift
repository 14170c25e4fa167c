import CompactEncoding
import Hyperschema
import JSON
import Registry
import RegistryNode
import ToolKit

/// How the requests and replies of a method are written as JSON.
struct MethodCoding: Sendable {
  /// What a request or a reply holds.
  enum Form: Sendable {
    /// Nothing.
    case nothing
    /// Bytes that nobody described: `{"value": hex}`.
    case bytes
    /// A text in JSON.
    case json
    /// A value of a type.
    case type(String, Encoding)
  }

  /// What a reply says.
  enum Answer: Sendable {
    /// Done, with nothing to tell.
    case done
    /// A value.
    case value(JSON)
    /// There is no such entry.
    case notFound
  }

  let method: String
  private let types: SchemaTypes
  private let request: Form
  private let reply: Form
  private let isLookup: Bool
  private let limit: Int

  /// The coding of a registry method, unless types are named or the method is another's.
  ///
  /// - Parameters:
  ///   - schema: where the types come from; that of the registry when nil.
  ///   - request: the request's type; nil for the method's own.
  ///   - reply: the reply's type; nil for the method's own.
  init(_ method: String, schema: Schema?, request: String?, reply: String?) throws(ToolError) {
    self.method = method
    let isForeign = schema != nil || request != nil || reply != nil
    let known = isForeign ? nil : RegistryMethod(rawValue: method)
    types = SchemaTypes(schema ?? RegistrySpecification.schema)
    let knownTypes = known?.types
    self.request = try Self.form(request ?? knownTypes?.request, isKnown: known != nil, types)
    self.reply =
      known == .nodeStatus ? .json : try Self.form(reply ?? knownTypes?.reply, isKnown: known != nil, types)
    isLookup = knownTypes?.reply == "@registry/entry-result"
    limit = known == nil ? MethodCoding.maximumBodySize : RegistryService.maximumOperationSize
  }

  /// The largest body of a request: what a frame of the wire holds, with room for the rest of the message.
  static let maximumBodySize = 15 << 20

  private static func form(_ type: String?, isKnown: Bool, _ types: SchemaTypes) throws(ToolError) -> Form {
    guard let type else { return isKnown ? .nothing : .bytes }
    do {
      return .type(type, try types.schema.encoding(type))
    } catch {
      let known = types.schema.definition.types.map(\.fullName).joined(separator: ", ")
      throw ToolError(
        .usage, "the schema has no type \(type)", hint: known.isEmpty ? "it has no types at all" : "it has: \(known)")
    }
  }

  // MARK: Requests

  /// The body of the request that a JSON text asks for; nil stands for a request without members.
  ///
  /// - Parameter isStrict: whether members that the request does not have are refused instead of passed over.
  func body(_ json: JSON?, isStrict: Bool) throws(FormError) -> [UInt8] {
    let bytes = try encode(json, isStrict)
    guard bytes.count <= limit else {
      throw FormError("the request has \(bytes.count) bytes, at most \(limit) can be sent")
    }
    return bytes
  }

  private func encode(_ json: JSON?, _ isStrict: Bool) throws(FormError) -> [UInt8] {
    switch request {
    case .nothing, .json:
      guard isStrict, let json, json != .null, json != .object(JSONObject()) else { return [] }
      throw FormError("\(method) takes no request, found \(json)")
    case .bytes:
      guard let json else { return [] }
      guard let text = json["value"]?.string, let bytes = Hex.decode(text) else {
        throw FormError("expected {\"value\": bytes in hex}, since no type of the request is named")
      }
      return bytes
    case .type(let name, let encoding):
      // Whether a struct can do without members, its own rules tell; anything else needs a value.
      guard json != nil || types.structure(name) != nil else {
        throw FormError("\(method) takes a request of type \(name)")
      }
      let value = try types.value(json ?? .object(JSONObject()), name, isStrict: isStrict)
      do { return try encoding.encode(value) } catch { throw FormError("\(error)") }
    }
  }

  // MARK: Replies

  /// What a reply says.
  ///
  /// - Throws: `DecodingError` when it cannot be read.
  func answer(_ bytes: [UInt8], keyText: (Fixed32) -> String) throws(DecodingError) -> Answer {
    switch reply {
    case .nothing: return .done
    case .json:
      guard let value = try? JSON(parsing: bytes) else { throw .invalid("The reply is no JSON") }
      return .value(value)
    case .bytes: return bytes.isEmpty ? .done : .value(["value": .string(Hex.encode(bytes))])
    case .type(let name, let encoding):
      let value = try encoding.decode(bytes)
      if isLookup {
        let entry = value["entry"]
        return entry.isAbsent ? .notFound : .value(types.json(entry, "@registry/entry", keyText: keyText))
      }
      return .value(types.json(value, name, keyText: keyText))
    }
  }
}
