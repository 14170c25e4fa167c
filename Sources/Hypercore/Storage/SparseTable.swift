/// Values by number, most of them one after the other: an array for those, a dictionary for the few far from them.
///
/// The array begins at the first number that was stored and grows only while about half of it is used: whatever the
/// numbers, it never has room for more than twice what was stored at once, and some.
struct SparseTable<Value> {
  private var base: UInt64 = 0
  private var near: ContiguousArray<Value?> = []
  private var far: [UInt64: Value] = [:]
  /// How many values there are.
  private(set) var count = 0

  subscript(index: UInt64) -> Value? {
    get {
      let place = index &- base
      return place < UInt64(near.count) ? near[Int(place)] : far.isEmpty ? nil : far[index]
    }
    set {
      if count == 0 {
        far = [:]
        near.removeAll(keepingCapacity: true)
        base = index
      }
      let place = index &- base
      if place < UInt64(near.count) {
        count += (newValue == nil ? 0 : 1) - (near[Int(place)] == nil ? 0 : 1)
        near[Int(place)] = newValue
        if newValue == nil { trim() }
      } else if let newValue {
        if index >= base, place <= UInt64(2 * count + Self.room) {
          extend(to: Int(place))
          near.append(newValue)
          count += 1
        } else if far.updateValue(newValue, forKey: index) == nil {
          count += 1
        }
      } else if far.removeValue(forKey: index) != nil {
        count -= 1
      }
    }
  }

  /// How far the array may reach beyond twice what is stored.
  private static var room: Int { 64 }

  /// Makes the array `place` long, and takes in what lay there so far.
  private mutating func extend(to place: Int) {
    let start = near.count
    for _ in start..<place { near.append(nil) }
    guard !far.isEmpty else { return }
    for index in far.keys where index &- base < UInt64(place) {
      near[Int(index &- base)] = far.removeValue(forKey: index)
    }
    // The value that is about to be stored takes the place of one that is far.
    if far.removeValue(forKey: base &+ UInt64(place)) != nil { count -= 1 }
  }

  private mutating func trim() {
    while let last = near.last, last == nil { near.removeLast() }
  }

  /// The numbers with a value in a range, in order.
  func indexes(in range: Range<UInt64>) -> [UInt64] {
    var found: [UInt64] = []
    for index in range.clamped(to: base..<end) where near[Int(index - base)] != nil { found.append(index) }
    guard !far.isEmpty else { return found }
    // By whichever walk is shorter.
    found +=
      range.upperBound - range.lowerBound < UInt64(far.count)
      ? range.filter { far[$0] != nil } : far.keys.filter { range.contains($0) }
    return found.sorted()
  }

  /// One more than the largest number with a value; 0 when there is none.
  var upperBound: UInt64 {
    let nearest = near.isEmpty ? 0 : end
    guard let farthest = far.keys.max() else { return nearest }
    return max(nearest, farthest == .max ? .max : farthest + 1)
  }

  private var end: UInt64 {
    let (end, isOverflow) = base.addingReportingOverflow(UInt64(near.count))
    return isOverflow ? .max : end
  }
}
