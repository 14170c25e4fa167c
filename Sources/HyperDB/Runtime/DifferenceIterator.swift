public import CompactEncoding
import Hyperbee
import IndexEncoder

/// The records that differ between two versions of a database, in the order of their collections and keys.
///
/// A record that was changed and changed back does not differ. Index keys are passed over.
public struct DifferenceIterator {
  /// A record that differs.
  public struct Difference: Sendable, Hashable {
    /// Full name of the collection.
    public let collection: String
    /// The record in the first version, or nil.
    public let left: Value?
    /// The record in the second version, or nil.
    public let right: Value?
  }

  private let schema: DatabaseSchema
  private var differences: DiffIterator

  init(_ schema: DatabaseSchema, _ differences: DiffIterator) {
    self.schema = schema
    self.differences = differences
  }

  /// The next difference, nil at the end.
  public mutating func next() throws -> Difference? {
    while let found = try differences.next() {
      guard let key = found.left?.key ?? found.right?.key, found.left?.value != found.right?.value else { continue }
      var reader = IndexKeyReader(key)
      guard let id = try? reader.uint(), let position = schema.identifiers[id] else { continue }
      let plan = schema.collections[position]
      func record(_ entry: Hyperbee.Entry?) throws -> Value? {
        guard let value = entry?.value else { return Optional.none }
        return .object(try plan.decode(key: key, value: value).record)
      }
      return Difference(collection: plan.name, left: try record(found.left), right: try record(found.right))
    }
    return nil
  }

  /// All differences that are left.
  public consuming func collect() throws -> [Difference] {
    var all: [Difference] = []
    while let difference = try next() { all.append(difference) }
    return all
  }
}

extension HyperDB {
  /// The records that differ between two versions of the bee below; pending changes play no part.
  public func differences(from left: UInt64, to right: UInt64) throws -> DifferenceIterator {
    let view = try readable()
    return DifferenceIterator(schema, try view.at(left).diff(view.at(right)))
  }
}
