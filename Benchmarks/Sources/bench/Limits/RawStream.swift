import CLimits

/// One direction of a secret stream straight from libsodium: sealed, then opened, on memory that is already there.
final class RawStream {
  private let states = UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state>.allocate(capacity: 2)
  private let message: [UInt8]
  private var sealed: [UInt8]
  private var opened: [UInt8]

  init(messageSize size: Int) {
    let key = [UInt8](repeating: 1, count: 32)
    var header = [UInt8](repeating: 0, count: 24)
    crypto_secretstream_xchacha20poly1305_init_push(states, &header, key)
    crypto_secretstream_xchacha20poly1305_init_pull(states + 1, header, key)
    message = Array(repeating: 2, count: size)
    sealed = Array(repeating: 0, count: size + 17)
    opened = Array(repeating: 0, count: size)
  }

  deinit { states.deallocate() }

  func exchange() throws {
    crypto_secretstream_xchacha20poly1305_push(
      states, &sealed, nil, message, UInt64(message.count), nil, 0, 0)
    var tag: UInt8 = 0
    guard
      crypto_secretstream_xchacha20poly1305_pull(
        states + 1, &opened, nil, &tag, sealed, UInt64(sealed.count), nil, 0) == 0
    else { throw BenchError("a raw secret stream does not open") }
  }
}
