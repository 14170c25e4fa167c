import CompactEncoding
import Corestore
import Hypercore
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A directory that goes away with the object.
final class TemporaryDirectory {
  let path: String
  init() {
    var template = Array("/tmp/hypertools-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }
  deinit { remove(path) }

  private func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(cString: $0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      closedir(directory)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

@Suite struct SmokeTests {
  @Test func appendsAndReopens() throws {
    let directory = TemporaryDirectory()
    let key: [UInt8]
    do {
      let store = try Corestore(directory: directory.path)
      let log = try store.get(name: "local")
      #expect(log.isWritable)
      try log.append([[1], [2, 3]])
      try store.write {
        try log.append([4])
        try log.append([5])
        #expect(log.length == 4)
      }
      #expect(log.length == 4)
      try log.truncate(to: 3)
      #expect(try log.block(at: 2) == [4])
      key = log.key.bytes
    }
    let store = try Corestore(directory: directory.path)
    let log = try store.get(name: "local")
    #expect(log.key.bytes == key)
    #expect(log.length == 3)
    #expect(log.fork == 1)
    #expect(try log.block(at: 1) == [2, 3])
    let head = try log.head()
    #expect(log.verifier.accepts(MerkleTree(fork: 0), signature: head.signature) == false)
    let roots = try log.roots()
    #expect(try log.verifier.accepts(MerkleTree(roots: roots, length: 3, fork: 1), signature: head.signature))
  }
}
