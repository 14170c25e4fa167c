import CompactEncoding
import Corestore
import Hypercore
import HypercoreArchive
import HypercoreCrypto
import JSON
import StoreBackup
import TestSupport
import ZstdFrames

/// An archive in memory.
private final class ArchiveBytes: ArchiveSource {
  let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var size: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
    guard offset <= size, UInt64(buffer.count) <= size - offset else { throw FuzzViolation("a read behind the end") }
    buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
  }

  /// A source for readers of streams.
  func stream() -> (UnsafeMutableRawBufferPointer) -> Int {
    var position = 0
    return { buffer in
      let count = min(buffer.count, 999, self.bytes.count - position)
      buffer.copyBytes(from: self.bytes[position..<position + count])
      position += count
      return count
    }
  }

  /// Pieces as compressed frames with their table behind them: what a fuzzer cannot make, since frames have checksums.
  init(sections: [[UInt8]]) {
    let compressor = FrameCompressor(level: 1)
    var bytes: [UInt8] = []
    var table = SeekTable()
    for section in sections {
      compressor.withFrame(of: section) { frame in
        bytes += Array(frame)
        table.append(size: frame.count, contentSize: section.count)
      }
    }
    self.bytes = bytes + table.encoded()
  }
}

extension FuzzTarget {
  /// Archives of logs.
  static let archives = FuzzTarget(
    "archives", "archives of logs: as they are, and made of any sections; read as streams and at any place",
    maximumByteCount: 4096, memoryFactor: 1 << 16,
    seeds: {
      let store = try Corestore.inMemory(primaryKey: Fixed32())
      let full = try store.get(name: "a")
      try full.append((0..<6).map { [UInt8](repeating: UInt8($0), count: $0) })
      let partial = try store.get(name: "b")
      try partial.append((0..<5).map { [UInt8($0)] })
      try partial.clear(1..<3)
      var seeds: [[UInt8]] = []
      for logs in [[], [full], [partial], [full, partial]] {
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter(level: 1) { bytes += Array($0) }
        for log in logs { try LogExport(log, in: store, name: "n").write(to: writer) }
        try writer.finish()
        seeds.append([0] + bytes)
        let scanner = FrameScanner(limit: 1 << 20, ArchiveBytes(bytes).stream())
        var sections: [[UInt8]] = []
        while let frame = try scanner.next() { if let content = frame.content { sections.append(content) } }
        seeds.append([1] + InputReader.pieces(sections))
      }
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let source: ArchiveBytes
      if reader.byte() & 1 == 0 {
        source = ArchiveBytes(reader.rest())
      } else {
        var sections: [[UInt8]] = []
        while !reader.isAtEnd { sections.append(reader.piece()) }
        source = ArchiveBytes(sections: sections)
      }
      var heads: [ArchivedHead] = []
      var blocks: [[UInt64: [UInt8]]] = []
      var isSound = false
      do {
        let archive = try ArchiveReader(source.stream())
        while let item = try archive.next() {
          switch item {
          case .log(let head):
            heads.append(head)
            blocks.append([:])
          case .blocks(let section, _):
            for (index, block) in zip(section.range, section.blocks) { blocks[section.log][index] = Array(block) }
          }
        }
        isSound = true
      } catch is ArchiveError {}
      let file: ArchiveFile
      do { file = try ArchiveFile(source) } catch is ArchiveError {
        try require(!isSound, "an archive is sound as a stream and not as a file")
        return .refused
      }
      for log in file.logs {
        let place = isSound ? heads.firstIndex { $0.key == log.key } : nil
        if isSound { try require(place != nil, "the file has a log that the stream has not") }
        for range in log.stored.prefix(8) {
          for index in range.prefix(8) {
            do {
              let block = try log.block(at: index)
              if let place { try require(blocks[place][index] == block, "block \(index) differs in the file") }
            } catch is ArchiveError { try require(!isSound, "block \(index) of a sound archive is damaged") }
          }
        }
      }
      guard isSound else { return .refused }
      let store = try Corestore.inMemory()
      do {
        _ = try ArchiveImport.run(ArchiveReader(source.stream()), into: store)
        for (head, blocks) in zip(heads, blocks) {
          let log = try store.get(key: head.key)
          try require(log.length == head.tree.length, "a log of \(head.tree.length) blocks came in with \(log.length)")
          for (index, block) in blocks {
            try require(try log.storedBlock(index) == block, "block \(index) came in differently")
          }
        }
      } catch is ArchiveError { return .refused }
      return .accepted
    })

  /// Backups of stores.
  static let backups = FuzzTarget(
    "backups", "backups: as they are, made of any content, and their manifests", maximumByteCount: 4096,
    memoryFactor: 1 << 16,
    seeds: {
      let files: [(String, [UInt8])] = [("store.db", [1, 2, 3]), ("secrets/seed", [UInt8](repeating: 7, count: 32))]
      let manifest = BackupManifest.text(files)
      var tape: [UInt8] = []
      for (name, bytes) in [("manifest.json", manifest)] + files {
        tape += TapeHeader(name: name, size: UInt64(bytes.count), mode: 0o600, time: 0).encoded()
        tape += bytes + [UInt8](repeating: 0, count: TapeHeader.padding(UInt64(bytes.count)))
      }
      tape += [UInt8](repeating: 0, count: 1024)
      return [[0] + compressed(tape), [1] + tape, [2] + manifest, [2] + Array(manifest.prefix(200))]
    },
    run: { input in
      guard let mode = input.first else { return .refused }
      let bytes = Array(input.dropFirst())
      if mode % 3 == 2 {
        let manifest: BackupManifest
        do { manifest = try BackupManifest(bytes) } catch { return .refused }
        let again = try? BackupManifest(manifest.json.utf8())
        try require(again?.json.utf8() == manifest.json.utf8(), "a manifest changes when it is written and read")
        return .accepted
      }
      for start in stride(from: 0, to: bytes.count - 511, by: 512) {
        guard let header = TapeHeader(Array(bytes[start..<start + 512])), header.name.utf8.count < 100 else { continue }
        try require(TapeHeader(header.encoded())?.name == header.name, "a header is not read as it was written")
      }
      let source = ArchiveBytes(mode % 3 == 0 ? bytes : compressed(bytes))
      var files: [String: Int] = [:]
      do {
        let reader = try BackupReader(source.stream())
        try reader.read { file, chunk in files[file.name, default: 0] += chunk.count }
        for file in reader.manifest.files {
          try require(files[file.name, default: 0] == Int(file.size), "a file is cut short")
        }
      } catch is BackupError { return .refused }
      return .accepted
    })

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    FrameCompressor(level: 1).withFrame(of: bytes) { Array($0) }
  }
}

extension BackupManifest {
  /// The text of the manifest of some files.
  fileprivate static func text(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    let list: [JSON] = files.map { file in
      var hash = Blake2b()
      hash.update(file.bytes)
      let hex = hash.finalize32().description
      return ["name": .string(file.name), "size": .integer(Int64(file.bytes.count)), "hash": .string(hex)]
    }
    let zeros = JSON.string(Fixed32().description)
    let json: JSON = [
      "format": .string(format), "version": .integer(Int64(version)), "created": 1, "software": "s", "baseKey": zeros,
      "localKey": nil, "logs": [["key": zeros, "length": 3, "fork": 0, "treeHash": zeros]], "files": .array(list),
    ]
    return json.utf8()
  }
}
