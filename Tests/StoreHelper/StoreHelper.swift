import Corestore
import Glibc
import Hypercore

/// A process for tests that need several on one store.
@main
enum StoreHelper {
  static func main() {
    let words = CommandLine.arguments
    do {
      switch words[1] {
      case "append": try append(words[2], log: words[3], count: Int(words[4])!, batch: Int(words[5])!)
      case "pair": try pair(words[2], count: Int(words[3])!)
      case "wait": try wait(words[2], log: words[3], length: UInt64(words[4])!)
      case "hold": try hold(words[2], milliseconds: UInt32(words[3])!)
      case "open": try open(words[2], readOnly: words[3] == "read", user: UInt32(words[4])!)
      default: fatalError("unknown verb \(words[1])")
      }
    } catch let error as StoreError {
      print("error \(error.category): \(error)")
      exit(1)
    } catch {
      print("error: \(error)")
      exit(2)
    }
  }

  /// Appends numbered blocks, and prints each number once it is on disk.
  static func append(_ directory: String, log name: String, count: Int, batch: Int) throws {
    let store = try Corestore(directory: directory)
    let log = try store.get(name: name)
    var next = 0
    while count == 0 || next < count {
      let blocks = (next..<next + batch).map { Array("\(getpid()) \($0)".utf8) }
      try log.append(blocks)
      next += batch
      print("\(next)")
    }
  }

  /// Appends the same block to two logs, whose lengths must be equal whenever it looks.
  static func pair(_ directory: String, count: Int) throws {
    let store = try Corestore(directory: directory)
    let (a, b) = (try store.get(name: "a"), try store.get(name: "b"))
    for next in 0..<(count == 0 ? .max : count) {
      try store.write {
        guard a.length == b.length else { fatalError("half of a transaction shows") }
        let block = Array("\(getpid()) \(next)".utf8)
        try a.append([block])
        try b.append([block])
      }
      print("\(next + 1)")
    }
  }

  /// Waits until a log has a length, woken by whoever writes it; prints how often it was woken.
  static func wait(_ directory: String, log name: String, length: UInt64) throws {
    let store = try Corestore(directory: directory)
    let log = try store.get(name: name)
    let watcher = StoreWatcher(directory: directory)
    var wakes = 0
    print("ready")
    while log.length < length {
      guard watcher.wait(timeoutMilliseconds: 20_000) else { fatalError("not woken") }
      wakes += 1
    }
    print("woken \(wakes)")
  }

  /// Holds the write lock for a while.
  static func hold(_ directory: String, milliseconds: UInt32) throws {
    let store = try Corestore(directory: directory)
    try store.write {
      print("locked")
      usleep(milliseconds * 1000)
    }
  }

  /// Opens a store as another user and reads or writes it.
  static func open(_ directory: String, readOnly: Bool, user: UInt32) throws {
    if user != 0 {
      guard setgid(user) == 0, setuid(user) == 0 else { fatalError("cannot become user \(user)") }
    }
    let store = try Corestore(directory: directory, options: StoreOptions(isReadOnly: readOnly))
    let log = try store.get(name: "log")
    if !readOnly { try log.append([[1]]) }
    print("length \(log.length)")
  }

  /// A line on standard output, at once.
  static func print(_ text: String) {
    let line = Array((text + "\n").utf8)
    guard write(STDOUT_FILENO, line, line.count) == line.count else { exit(0) }
  }
}
