import Glibc

/// The bytes of a descriptor, as a window that moves over them. It grows only as bytes arrive.
struct StreamInput: ~Copyable {
  private static let initialSize = 1 << 18
  /// `F_SETPIPE_SZ` of Linux, which the C library does not show.
  private static let setPipeSize: Int32 = 1031

  private let descriptor: Int32
  private let name: String
  private let closes: Bool
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: initialSize, alignment: 16)
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// Bytes of the stream before the window.
  private(set) var offset: UInt64 = 0

  /// Bytes of an open descriptor; `name` is what messages call it.
  init(descriptor: Int32, name: String, closes: Bool) {
    self.descriptor = descriptor
    self.name = name
    self.closes = closes
    // A pipe that holds more lets both of its ends work longer at a time; where that is refused, nothing is lost.
    _ = fcntl(descriptor, StreamInput.setPipeSize, Int32(1 << 20))
  }

  deinit {
    memory.deallocate()
    if closes { close(descriptor) }
  }

  /// The bytes that were read and not yet consumed; valid until the next call that changes the input.
  var window: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

  /// Number of bytes in the window.
  var count: Int { end - start }

  /// The first byte of the window, which must not be empty.
  var first: UInt8 { memory[start] }

  /// Moves the window behind its first bytes.
  mutating func consume(_ count: Int) {
    start += count
    offset += UInt64(count)
  }

  /// Whether reading would not wait.
  var isReadable: Bool {
    if isAtEnd { return true }
    var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&query, 1, 0) > 0
  }

  /// Where a byte is in the window, looked for from `index` on.
  func find(_ byte: UInt8, from index: Int) -> Int? {
    guard start + index < end, let base = memory.baseAddress else { return nil }
    guard let hit = memchr(base + start + index, Int32(byte), end - start - index) else { return nil }
    return UnsafeMutableRawPointer(hit) - base - start
  }

  /// Makes the window at least `count` bytes long; false when the stream ends before.
  mutating func need(_ count: Int) throws(ToolError) -> Bool {
    while self.count < count { if try !fill() { return false } }
    return true
  }

  /// Adds bytes to the window; false at the end of the stream.
  mutating func fill() throws(ToolError) -> Bool {
    if isAtEnd { return false }
    makeRoom()
    while true {
      let count = read(descriptor, memory.baseAddress.unsafelyUnwrapped + end, memory.count - end)
      if count > 0 {
        end += count
        return true
      }
      if count == 0 {
        isAtEnd = true
        return false
      }
      if errno == EAGAIN {
        var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&query, 1, -1)
      } else if errno != EINTR {
        throw .system("cannot read \(name)", errno)
      }
    }
  }

  private mutating func makeRoom() {
    if start == end {
      start = 0
      end = 0
    }
    guard end == memory.count, let base = memory.baseAddress else { return }
    if start > 0 {
      memmove(base, base + start, end - start)
    } else {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * memory.count, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<end]))
      memory.deallocate()
      memory = larger
    }
    end -= start
    start = 0
  }
}
