/// Compares keys by unsigned bytes, a shorter key before the longer ones that begin with it: negative, zero or
/// positive as `a` sorts before, with or after `b`.
@inline(__always)
func compareKeys(_ a: [UInt8], _ b: [UInt8]) -> Int {
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let count = min(a.count, b.count)
      var offset = 0
      while offset + 8 <= count {
        let x = a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let y = b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if x != y { return UInt64(bigEndian: x) < UInt64(bigEndian: y) ? -1 : 1 }
        offset += 8
      }
      while offset < count {
        if a[offset] != b[offset] { return a[offset] < b[offset] ? -1 : 1 }
        offset += 1
      }
      return a.count - b.count
    }
  }
}

/// The first eight bytes of a key, big endian, padded with zeros. Where the heads of two keys differ they are ordered
/// as the keys are.
@inline(__always)
func keyHead(_ key: [UInt8]) -> UInt64 {
  key.withUnsafeBytes { bytes in
    if bytes.count >= 8 { return UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) }
    var head: UInt64 = 0
    for byte in bytes { head = head << 8 | UInt64(byte) }
    return bytes.isEmpty ? 0 : head << UInt64(64 - 8 * bytes.count)
  }
}

/// A key to look for, with its head.
struct Probe {
  let key: [UInt8]
  let head: UInt64

  @inline(__always)
  init(_ key: [UInt8]) {
    self.key = key
    head = keyHead(key)
  }

  /// Finds the key among those of a node, or where it would be inserted. `load` reads the bytes of a key that the
  /// node lacks.
  @inline(__always)
  func search(_ keys: inout [TreeKey], load: (TreeKey) throws -> [UInt8]) throws -> (isHit: Bool, index: Int) {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) >> 1
      if keys[middle].bytes == nil { keys[middle].bytes = try load(keys[middle]) }
      let order: Int
      let other = keys[middle].head
      if head != other {
        order = head < other ? -1 : 1
      } else {
        order = compareKeys(key, keys[middle].bytes ?? [])
      }
      if order == 0 { return (true, middle) }
      if order < 0 { high = middle } else { low = middle + 1 }
    }
    return (false, low)
  }
}
