public import CompactEncoding

/// Flag bits that announce the parts of a request or an answer.
enum ProofPart {
  static let block: UInt64 = 1
  static let hash: UInt64 = 2
  static let seek: UInt64 = 4
  static let upgrade: UInt64 = 8
  static let manifest: UInt64 = 16
  static let priority: UInt64 = 32
}

/// A ``ProofRequest`` on the wire (spec 01 §10.6).
///
/// ```
/// uint flags ‖ uint id ‖ uint fork ‖ [1: uint index ‖ uint nodes] ‖ [2: same] ‖ [4: uint bytes ‖ uint padding]
///   ‖ [8: uint start ‖ uint length] ‖ [16: nothing, the manifest] ‖ [32: uint priority]
/// ```
public struct RequestMessage: Hashable, Sendable {
  /// Chosen by who asks; 0 announces a check for conflicts.
  public var id: UInt64
  /// Fork of the log the request is about.
  public var fork: UInt64
  /// What is asked for.
  public var request: ProofRequest
  /// Higher is served first.
  public var priority: UInt64

  /// A request.
  public init(id: UInt64, fork: UInt64, request: ProofRequest, priority: UInt64 = 0) {
    self.id = id
    self.fork = fork
    self.request = request
    self.priority = priority
  }
}

extension RequestMessage: CompactEncodable, CompactDecodable {
  private var flags: UInt64 {
    (request.block == nil ? 0 : ProofPart.block) | (request.hash == nil ? 0 : ProofPart.hash)
      | (request.seek == nil ? 0 : ProofPart.seek) | (request.upgrade == nil ? 0 : ProofPart.upgrade)
      | (request.manifest ? ProofPart.manifest : 0) | (priority == 0 ? 0 : ProofPart.priority)
  }

  public func measure(_ size: inout Size) {
    size.uint(flags)
    size.uint(id)
    size.uint(fork)
    if let block = request.block { size.value(block) }
    if let hash = request.hash { size.value(hash) }
    if let seek = request.seek { size.value(seek) }
    if let upgrade = request.upgrade { size.value(upgrade) }
    if priority > 0 { size.uint(priority) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(flags)
    writer.uint(id)
    writer.uint(fork)
    if let block = request.block { writer.value(block) }
    if let hash = request.hash { writer.value(hash) }
    if let seek = request.seek { writer.value(seek) }
    if let upgrade = request.upgrade { writer.value(upgrade) }
    if priority > 0 { writer.uint(priority) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    self.init(id: try reader.uint(), fork: try reader.uint(), request: ProofRequest())
    if flags & ProofPart.block != 0 { request.block = try reader.value() }
    if flags & ProofPart.hash != 0 { request.hash = try reader.value() }
    if flags & ProofPart.seek != 0 { request.seek = try reader.value() }
    if flags & ProofPart.upgrade != 0 { request.upgrade = try reader.value() }
    request.manifest = flags & ProofPart.manifest != 0
    if flags & ProofPart.priority != 0 { priority = try reader.uint() }
  }
}

/// A ``Proof`` on the wire (spec 01 §10.6).
///
/// ```
/// uint flags ‖ uint request ‖ uint fork ‖ [1: uint index ‖ buffer value ‖ array(node)] ‖ [2: uint index ‖ array(node)]
///   ‖ [4: uint bytes ‖ array(node)]
///   ‖ [8: uint start ‖ uint length ‖ array(node) ‖ array(node) additional ‖ optionalBuffer signature] ‖ [16: manifest]
/// ```
public struct DataMessage: Hashable, Sendable {
  /// The id of the request that is answered; 0 for pushes and checks for conflicts.
  public var request: UInt64
  /// The answer.
  public var proof: Proof

  /// An answer.
  public init(request: UInt64, proof: Proof) {
    self.request = request
    self.proof = proof
  }
}

extension DataMessage: CompactEncodable, CompactDecodable {
  private var flags: UInt64 {
    (proof.block == nil ? 0 : ProofPart.block) | (proof.hash == nil ? 0 : ProofPart.hash)
      | (proof.seek == nil ? 0 : ProofPart.seek) | (proof.upgrade == nil ? 0 : ProofPart.upgrade)
      | (proof.manifest == nil ? 0 : ProofPart.manifest)
  }

  public func measure(_ size: inout Size) {
    size.uint(flags)
    size.uint(request)
    size.uint(proof.fork)
    if let block = proof.block { size.value(block) }
    if let hash = proof.hash { size.value(hash) }
    if let seek = proof.seek { size.value(seek) }
    if let upgrade = proof.upgrade { size.value(upgrade) }
    if let manifest = proof.manifest { size.value(manifest) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(flags)
    writer.uint(request)
    writer.uint(proof.fork)
    if let block = proof.block { writer.value(block) }
    if let hash = proof.hash { writer.value(hash) }
    if let seek = proof.seek { writer.value(seek) }
    if let upgrade = proof.upgrade { writer.value(upgrade) }
    if let manifest = proof.manifest { writer.value(manifest) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    request = try reader.uint()
    proof = Proof(fork: try reader.uint())
    if flags & ProofPart.block != 0 { proof.block = try reader.value() }
    if flags & ProofPart.hash != 0 { proof.hash = try reader.value() }
    if flags & ProofPart.seek != 0 { proof.seek = try reader.value() }
    if flags & ProofPart.upgrade != 0 { proof.upgrade = try reader.value() }
    if flags & ProofPart.manifest != 0 { proof.manifest = try reader.value() }
  }
}
