public import CompactEncoding

/// A request as it is sent: type 0.
public struct RPCRequest: Hashable, Sendable {
  /// Number of the request in its direction, from 1; 0 for an event, which nobody answers.
  public let id: UInt64
  /// The method's name.
  public let method: String
  /// The value, in whatever encoding the method has.
  public let value: [UInt8]

  /// A request.
  public init(id: UInt64, method: String, value: [UInt8]) {
    self.id = id
    self.method = method
    self.value = value
  }

  /// Whether nobody waits for an answer.
  public var isEvent: Bool { id == 0 }
}

extension RPCRequest: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(id)
    size.string(method)
    size.raw(value.count)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(id)
    writer.string(method)
    writer.raw(value)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    id = try reader.uint()
    method = try reader.string()
    value = reader.rest()
  }
}

/// A response as it is sent: type 1.
public struct RPCResponse: Hashable, Sendable {
  /// The request's number.
  public let id: UInt64
  /// The value, or why there is none.
  public let result: Result<[UInt8], RPCError>

  /// A response.
  public init(id: UInt64, _ result: Result<[UInt8], RPCError>) {
    self.id = id
    self.result = result
  }
}

extension RPCResponse: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    size.uint(id)
    switch result {
    case .success(let value): size.raw(value.count)
    case .failure(let error):
      size.string(error.message)
      if let code = error.wireCode { size.string(code) }
      guard let cause = error.cause else { return }
      size.string(cause.message)
      size.string(cause.code ?? "")
      if let context = cause.context { size.string(context) }
    }
  }

  public func encode(into writer: inout Writer) {
    switch result {
    case .success(let value):
      writer.uint8(0)
      writer.uint(id)
      writer.raw(value)
    case .failure(let error):
      writer.uint8(error.flags)
      writer.uint(id)
      writer.string(error.message)
      if let code = error.wireCode { writer.string(code) }
      guard let cause = error.cause else { return }
      writer.string(cause.message)
      writer.string(cause.code ?? "")
      if let context = cause.context { writer.string(context) }
    }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint8()
    id = try reader.uint()
    guard flags & 1 != 0 else {
      result = .success(reader.rest())
      return
    }
    var error = RPCError(nil, try reader.string())
    if flags & 2 != 0 {
      let code = RPCError.Code(rawValue: try reader.string())
      if let code, code.isOnWire { error.code = code }
    }
    if flags & 4 != 0 {
      var cause = RPCError.Cause(try reader.string())
      let code = try reader.string()
      if !code.isEmpty { cause.code = code }
      if flags & 8 != 0 { cause.context = try reader.string() }
      error.cause = cause
    }
    result = .failure(error)
  }
}

extension RPCError {
  fileprivate var wireCode: String? { code.flatMap { $0.isOnWire ? $0.rawValue : nil } }

  fileprivate var flags: UInt8 {
    1 | (wireCode != nil ? 2 : 0) | (cause != nil ? 4 : 0) | (cause?.context != nil ? 8 : 0)
  }
}
