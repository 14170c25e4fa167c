public import IndexEncoder

extension Batch {
  /// The entries of a range in key order as this batch sees them. See ``Hyperbee/range(_:reverse:limit:)``.
  public func entries(
    _ range: KeyRange = KeyRange(), reverse: Bool = false, limit: Int? = nil
  ) throws
    -> [Hyperbee.Entry]
  {
    guard isOpen else { throw BeeError.batchClosed }
    guard hasStarted else { return try bee.range(range, reverse: reverse, limit: limit).collect() }
    var walk = Walk(range: bee.bounds(range), reverse: reverse, remaining: limit.flatMap { $0 < 0 ? nil : $0 } ?? .max)
    if let root = try root() { try collect(root, &walk, height: 0) }
    return walk.entries
  }

  private struct Walk {
    let range: KeyRange
    let reverse: Bool
    var remaining: Int
    var entries: [Hyperbee.Entry] = []
  }

  private func collect(_ node: DraftNode, _ walk: inout Walk, height: Int) throws {
    guard height < Tree.maximumHeight, UInt64(walk.entries.count) < sequence else { throw tree.tooHigh }
    var lower = 0
    var upper = 2 * node.keys.count + 1
    if let bound = walk.range.gt ?? walk.range.gte {
      let (isHit, index) = try search(Probe(bound), in: node)
      lower = isHit ? 2 * index + (walk.range.gt == nil ? 1 : 2) : 2 * index
    }
    if let bound = walk.range.lt ?? walk.range.lte {
      let (isHit, index) = try search(Probe(bound), in: node)
      upper = isHit ? 2 * index + (walk.range.lt == nil ? 2 : 1) : 2 * index + 1
    }
    let positions = lower..<max(lower, upper)
    for step in 0..<positions.count where walk.remaining > 0 {
      let position = walk.reverse ? positions.upperBound - 1 - step : positions.lowerBound + step
      if position & 1 == 1 {
        try take(node.keys[position >> 1].sequence, &walk)
      } else if !node.isLeaf {
        try collect(child(position >> 1, of: node), &walk, height: height + 1)
      }
    }
  }

  private func take(_ found: UInt64, _ walk: inout Walk) throws {
    let key = try bytes(ofKeyAt: found)
    walk.entries.append(
      Hyperbee.Entry(
        sequence: found, key: Array(key.dropFirst(bee.prefix.count)), value: try value(at: found)))
    walk.remaining -= 1
  }
}
