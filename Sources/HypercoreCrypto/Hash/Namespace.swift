public import CompactEncoding

/// `H(H(name) ‖ index)`: the way every module of the stack derives its domain-separation constants
/// (spec 01 §3).
public func namespace(_ name: String, _ index: UInt8) -> Fixed32 {
  var hasher = Blake2b()
  hasher.update(Blake2b.hash(Array(name.utf8)))
  hasher.update([index])
  return hasher.finalize32()
}

/// The public name of a core under which it is announced and stored: BLAKE2b-256 of "hypercore" keyed with the core
/// key (spec 01 §3). It reveals nothing about the key.
public func discoveryKey(of coreKey: Fixed32) -> Fixed32 { Blake2b.hash(Array("hypercore".utf8), key: coreKey.bytes) }
