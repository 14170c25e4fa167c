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
