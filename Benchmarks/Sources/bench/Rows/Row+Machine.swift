import Glibc

extension Row {
  /// The machine itself. Both sides are raw: the figure is the limit of other rows, and the limit beside it shows what
  /// bounds it in turn.
  static let machine = [
    Row(
      name: "machine-memcpy", title: "memcpy within 64 KiB", unit: .gigabytesPerSecond, limit: "memcpy within 64 MiB"
    ) { workspace in
      Pair(
        ours: { copying(65_536, budget: workspace.budget) },
        limit: { copying(64 << 20, budget: workspace.budget) })
    },
    Row(name: "machine-blake2b", title: "BLAKE2b-256 of 109 B, libsodium", limit: "memcpy of 109 B") { workspace in
      Pair(
        ours: { RawHash.round([109], budget: workspace.budget) },
        limit: {
          let source = [UInt8](repeating: 1, count: 109)
          var target = [UInt8](repeating: 0, count: 109)
          return repeated(for: workspace.budget, step: 1024) {
            for _ in 0..<1024 {
              target.withUnsafeMutableBytes { bytes in
                source.withUnsafeBytes { bytes.copyMemory(from: $0) }
                keep(bytes.baseAddress)
              }
            }
          }
        })
    },
    Row(name: "machine-verify", title: "Ed25519 verify, libsodium", limit: "BLAKE2b-256 of 112 B") { workspace in
      Pair(
        ours: { RawHash.verifying(budget: workspace.budget) },
        limit: { RawHash.round([112], budget: workspace.budget) })
    },
    Row(
      name: "machine-fsync", title: "append 4 KiB + fdatasync", limit: "append 4 KiB to a file, no sync"
    ) { workspace in
      let synced = try AppendFile(workspace.fresh("synced"), size: 4096, isSynced: true)
      let free = try AppendFile(workspace.fresh("free"), size: 4096, isSynced: false)
      return Pair(
        ours: { try repeated(for: workspace.budget) { try synced.append() } },
        limit: { try repeated(for: workspace.budget / 4) { try free.append() } })
    },
    Row(
      name: "machine-loopback", title: "loopback TCP, 64 B there and back", limit: "the same, 64 in flight"
    ) { workspace in
      let single = try Loopback(messageSize: 64, window: 1)
      let window = try Loopback(messageSize: 64, window: 64)
      return Pair(
        ours: { try repeated(for: workspace.budget) { try single.exchange(1) } },
        limit: { try repeated(for: workspace.budget, step: 64) { try window.exchange(64) } })
    },
  ]

  /// Copies within `size` bytes, 4 KiB at a time; operations are gigabytes.
  private static func copying(_ size: Int, budget: Double) -> Sample {
    let source = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    let target = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    memset(source, 1, size)
    memset(target, 2, size)
    defer {
      source.deallocate()
      target.deallocate()
    }
    var sample = repeated(for: budget, step: size) {
      for offset in stride(from: 0, to: size, by: 4096) { memcpy(target + offset, source + offset, 4096) }
      keep(target)
    }
    sample.operations /= 1e9
    return sample
  }
}
