import TestSupport
import Testing

/// Flips bits of `bytes` and cuts it short, at every byte, and expects that `accepts` throws or returns false: that
/// no change is taken for the truth.
func expectNoChangeAccepted(_ bytes: [UInt8], everyBit: Bool = false, accepts: ([UInt8]) throws -> Bool) {
  for position in bytes.indices {
    for bit in everyBit ? Array(0..<8) : [position % 8] {
      var changed = bytes
      changed[position] ^= 1 << bit
      #expect((try? accepts(changed)) != true, "byte \(position), bit \(bit)")
    }
    #expect((try? accepts(Array(bytes[..<position]))) != true, "cut at \(position)")
  }
}
