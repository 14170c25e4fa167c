import Hypercore

extension Hyperbee {
  /// Whether an operation on an existing key goes ahead, given the stored entry and the one that would replace it
  /// (without value for a delete). Not asked when the key does not exist.
  public typealias Condition = (_ previous: Entry, _ next: Entry) throws -> Bool

  /// Puts a value, nil for "no value", in an append of its own.
  ///
  /// - Returns: whether a block was appended.
  @discardableResult
  public func put(_ key: [UInt8], _ value: [UInt8]?, when condition: Condition? = nil) throws -> Bool {
    let batch = try batch()
    return try batch.log.writing {
      let isEffective = try batch.put(key, value, when: condition)
      try batch.flush()
      return isEffective
    }
  }

  /// Deletes a key in an append of its own. A missing key appends nothing, except the header in an empty log.
  ///
  /// - Returns: whether a block was appended.
  @discardableResult
  public func delete(_ key: [UInt8], when condition: Condition? = nil) throws -> Bool {
    let batch = try batch()
    return try batch.log.writing {
      let isEffective = try batch.delete(key, when: condition)
      try batch.flush()
      return isEffective
    }
  }

  /// Operations that become visible, and are appended, together.
  ///
  /// - Throws: ``BeeError/readOnly`` when this instance cannot be written.
  public func batch() throws(BeeError) -> Batch { try Batch(self) }
}
