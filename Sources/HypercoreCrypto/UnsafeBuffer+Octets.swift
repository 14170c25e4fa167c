/// Libsodium takes plain pointers to bytes; buffers that are known not to be empty hand them out here.
extension UnsafeMutableRawBufferPointer {
  var octets: UnsafeMutablePointer<UInt8> {
    guard let base = baseAddress else { preconditionFailure("an empty buffer has no address") }
    return base.assumingMemoryBound(to: UInt8.self)
  }
}

extension UnsafeRawBufferPointer {
  var octets: UnsafePointer<UInt8> {
    guard let base = baseAddress else { preconditionFailure("an empty buffer has no address") }
    return base.assumingMemoryBound(to: UInt8.self)
  }
}

extension UnsafeMutableBufferPointer<UInt8> {
  var octets: UnsafeMutablePointer<UInt8> {
    guard let base = baseAddress else { preconditionFailure("an empty buffer has no address") }
    return base
  }
}
