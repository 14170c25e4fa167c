/// Lower and upper bounds of a range. `gt` wins over `gte`, `lt` over `lte`; a missing bound is no bound.
public struct Bounds<Bound> {
  /// Only what is greater.
  public var gt: Bound?
  /// Only what is greater or equal; ignored when `gt` is set.
  public var gte: Bound?
  /// Only what is less.
  public var lt: Bound?
  /// Only what is less or equal; ignored when `lt` is set.
  public var lte: Bound?

  /// A range with the given bounds; none for everything.
  @inlinable
  public init(gt: Bound? = nil, gte: Bound? = nil, lt: Bound? = nil, lte: Bound? = nil) {
    self.gt = gt
    self.gte = gte
    self.lt = lt
    self.lte = lte
  }

  /// The range of everything that equals `bound`: for a short tuple, everything that begins with it.
  @inlinable public static func exactly(_ bound: Bound) -> Self { Self(gte: bound, lte: bound) }

  /// The same range with every bound mapped.
  @inlinable
  public func map<T, E: Error>(_ transform: (Bound) throws(E) -> T) throws(E) -> Bounds<T> {
    var result = Bounds<T>()
    if let gt { result.gt = try transform(gt) }
    if let gte { result.gte = try transform(gte) }
    if let lt { result.lt = try transform(lt) }
    if let lte { result.lte = try transform(lte) }
    return result
  }
}

extension Bounds: Sendable where Bound: Sendable {}
extension Bounds: Equatable where Bound: Equatable {}
extension Bounds: Hashable where Bound: Hashable {}

/// A range of keys in byte order, a shorter key before the longer ones that begin with it.
public typealias KeyRange = Bounds<[UInt8]>
