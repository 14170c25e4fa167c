/// Bytes that are collected at the end and taken away all at once: what a protocol has to write.
///
/// Memory is kept from one use to the next, up to ``keptCapacity``, so that steady traffic allocates nothing.
public struct OutputBuffer: Sendable {
  /// Bytes collected. The array behind them is longer and initialised, so that appending is a copy and no more.
  public private(set) var count = 0
  private var storage: [UInt8] = []

  /// Bytes of memory that ``removeAll()`` keeps at most.
  public static let keptCapacity = 1 << 18

  /// An empty buffer without memory.
  public init() {}

  /// Whether there is nothing.
  public var isEmpty: Bool { count == 0 }

  /// Appends `byteCount` bytes, all of which `body` must write.
  public mutating func append(byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    guard byteCount > 0 else { return }
    if storage.count - count < byteCount { grow(byteCount) }
    let start = count
    count += byteCount
    storage.withUnsafeMutableBytes { body(UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + byteCount])) }
  }

  /// Replaces `byteCount` bytes from `start` on by exactly as many written by `body`.
  public mutating func overwrite(at start: Int, byteCount: Int, encoding body: (inout Writer) -> Void) {
    precondition(start >= 0 && byteCount > 0 && start + byteCount <= count, "only collected bytes can be replaced")
    storage.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var writer = Writer(base: base + start, capacity: byteCount)
      body(&writer)
      precondition(writer.position == byteCount, "encoded size differs from the measured size")
    }
  }

  /// Appends exactly `byteCount` bytes written by `body`.
  public mutating func append(byteCount: Int, encoding body: (inout Writer) -> Void) {
    append(byteCount: byteCount) { target in
      guard let base = target.baseAddress else { return }
      var writer = Writer(base: base, capacity: byteCount)
      body(&writer)
      precondition(writer.position == byteCount, "encoded size differs from the measured size")
    }
  }

  /// Appends bytes as they are.
  public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  /// Appends bytes as they are.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    append(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
  }

  private mutating func grow(_ byteCount: Int) {
    let needed = max(count + byteCount, storage.count * 2, 512)
    storage.append(contentsOf: [UInt8](repeating: 0, count: needed - storage.count))
  }

  /// Hands the bytes to `body` without a copy.
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try storage.withUnsafeBufferPointer { bytes throws(E) in
      try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[..<count])))
    }
  }

  /// A copy of the bytes.
  public var bytes: [UInt8] { Array(storage[..<count]) }

  /// Forgets the bytes.
  public mutating func removeAll() {
    count = 0
    if storage.count > Self.keptCapacity { storage = [] }
  }
}
