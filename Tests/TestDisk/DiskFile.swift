import Glibc

/// What a disk knows of one file.
struct DiskFile {
  enum Change {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)
    /// The name goes away; what is written later belongs to a new file.
    case remove
  }

  /// Content at the last sync; nil when there was no file.
  var durable: [UInt8]?
  /// What happened since.
  var changes: [Change] = []

  static let sectorSize = 512

  /// What a reader finds while the power is on.
  var current: [UInt8]? { changes.reduce(into: durable) { Self.apply($1, to: &$0) } }

  mutating func sync() {
    durable = current
    if durable == nil, !changes.contains(where: { if case .remove = $0 { true } else { false } }) { durable = [] }
    changes.removeAll()
  }

  /// The name stands for the newest file of that name, or for none.
  mutating func syncName() {
    guard let removal = changes.lastIndex(where: { if case .remove = $0 { true } else { false } }) else { return }
    durable = removal + 1 < changes.endIndex ? [] : nil
    changes.removeSubrange(...removal)
  }

  /// What a cut of the power leaves.
  func left(using random: inout some RandomNumberGenerator) -> [UInt8]? {
    var content = durable
    var changes = changes[...]
    if let removal = changes.lastIndex(where: { if case .remove = $0 { true } else { false } }) {
      // The name may still be, or be again, that of the file before.
      if Bool.random(using: &random) { return durable }
      content = nil
      changes = changes[(removal + 1)...]
    }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: break
    case 1: for change in changes { Self.apply(change, to: &content) }
    case 2:
      // Up to somewhere, and a part of what came there.
      let end = Int.random(in: changes.startIndex...changes.endIndex, using: &random)
      for change in changes[..<end] { Self.apply(change, to: &content) }
      if end < changes.endIndex { Self.tear(changes[end], into: &content, using: &random) }
    default:
      for change in changes { Self.tear(change, into: &content, using: &random) }
    }
    return content
  }

  private static func apply(_ change: Change, to content: inout [UInt8]?) {
    switch change {
    case .remove: content = nil
    case .truncate(let size):
      var bytes = content ?? []
      if size < bytes.count { bytes.removeSubrange(size...) }
      content = bytes
    case .write(let offset, let new):
      var bytes = content ?? []
      content = nil
      if bytes.count < offset + new.count {
        bytes.append(contentsOf: repeatElement(0, count: offset + new.count - bytes.count))
      }
      bytes.replaceSubrange(offset..<offset + new.count, with: new)
      content = bytes
    }
  }

  /// Applies some of the sectors of a change.
  private static func tear(
    _ change: Change, into content: inout [UInt8]?, using random: inout some RandomNumberGenerator
  ) {
    guard case .write(let offset, let bytes) = change else {
      if Bool.random(using: &random) { apply(change, to: &content) }
      return
    }
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, ((offset + start) / sectorSize + 1) * sectorSize - offset)
      if Bool.random(using: &random) {
        apply(.write(offset: offset + start, bytes: Array(bytes[start..<end])), to: &content)
      }
      start = end
    }
  }

  // MARK: The file system

  /// What the file system has; nil when there is no file.
  static func content(_ path: String) -> [UInt8]? {
    guard let stream = fopen(path, "rb") else { return nil }
    defer { fclose(stream) }
    var info = stat()
    guard fstat(fileno(stream), &info) == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
    let count = fread(&bytes, 1, bytes.count, stream)
    return Array(bytes[..<count])
  }

  /// Gives a file this content, or removes it.
  static func replace(_ path: String, by bytes: [UInt8]?) throws {
    unlink(path)
    guard let bytes else { return }
    guard let stream = fopen(path, "wb") else { throw DiskError(path: path, code: errno) }
    defer { fclose(stream) }
    guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw DiskError(path: path, code: errno) }
  }
}

/// A file that could not be put back.
struct DiskError: Error {
  let path: String
  let code: Int32
}
