import AutobaseClassic
import CompactEncoding
import Glibc
import Hypercore

/// Writers a, b, c … with logs in memory, and bases over them.
final class ViewWorld {
  /// What an entry links to.
  enum Links {
    /// Nothing but the entry before it.
    case own
    /// The newest entries of all writers.
    case all
    /// Given entries of writers.
    case explicit([(writer: Character, seq: UInt64)])
  }

  let names: [Character]
  let logs: [KeyedMemoryLog]
  let format: NodeFormat
  /// Has no view; appends.
  let author: ClassicAutobase
  private var bases: [ClassicAutobase] = []

  init(_ names: String = "abc", format: NodeFormat = .alpha9) {
    self.names = Array(names)
    self.format = format
    logs = names.utf8.map { KeyedMemoryLog(key: Self.key($0)) }
    author = ClassicAutobase(inputs: logs, options: Self.options(format))
  }

  static func key(_ byte: UInt8) -> Fixed32 { Fixed32([UInt8](repeating: byte, count: 32))! }

  static func options(_ format: NodeFormat) -> ClassicAutobase.Options {
    var options = ClassicAutobase.Options()
    options.newFormat = format
    return options
  }

  func log(_ name: Character) -> KeyedMemoryLog { logs[names.firstIndex(of: name)!] }

  func output(_ byte: UInt8 = 0xee) -> KeyedMemoryLog { KeyedMemoryLog(key: Self.key(byte)) }

  /// A base over all writers.
  func base(
    outputs: [any CausalLog] = [], local: ClassicAutobase.WritableLog? = nil, apply: ApplyFunction? = nil,
    unwrap: Bool = false
  ) -> ClassicAutobase {
    ClassicAutobase(
      inputs: logs, outputs: outputs, localOutput: local, options: Self.options(format), autostart: true, apply: apply,
      unwrap: unwrap)
  }

  /// The view of a base over all writers. The base is kept.
  func view(
    outputs: [any CausalLog] = [], local: ClassicAutobase.WritableLog? = nil, apply: ApplyFunction? = nil
  ) -> LinearizedView {
    bases.append(base(outputs: outputs, local: local, apply: apply))
    return bases.last!.view!
  }

  /// Appends values such as a0, a1, a2, one by one.
  func write(_ name: Character, _ range: Range<Int>, _ links: Links = .own) throws {
    for index in range { try batch(name, ["\(name)\(index)"], links) }
  }

  /// Appends values as one batch.
  func batch(_ name: Character, _ values: [String], _ links: Links = .own) throws {
    let clock: CausalClock
    switch links {
    case .own: clock = CausalClock()
    case .all: clock = try author.latest()
    case .explicit(let list): clock = CausalClock(list.map { (key: log($0.writer).key, seq: $0.seq) })
    }
    try author.append(values.map { Array($0.utf8) }, clock: clock, input: log(name))
  }
}

/// The values of a log, newest first, as texts.
func newestFirst(_ view: LinearizedView) throws -> [String] {
  try (0..<view.length).reversed().map { String(decoding: try view.value(at: $0), as: UTF8.self) }
}

/// The values of a log, oldest first, as texts.
func texts(_ view: LinearizedView) throws -> [String] { try newestFirst(view).reversed() }

/// Texts such as "a0 b1" as a list.
func list(_ texts: String) -> [String] { texts.split(separator: " ").map(String.init) }

/// Appends each value in upper case.
func upperCase(_ batch: [CausalNode], _ context: ApplyContext) throws {
  try context.view.append(
    batch.map { $0.node.value!.map { $0 >= 0x61 && $0 <= 0x7a ? $0 - 0x20 : $0 } })
}

/// Appends two blocks for each value.
func twice(_ batch: [CausalNode], _ context: ApplyContext) throws {
  for node in batch {
    try context.view.append(node.node.value! + Array("-0".utf8))
    try context.view.append(node.node.value! + Array("-1".utf8))
  }
}

/// Whether many random histories are run: the environment variable `HYPERTOOLS_LONG` is set.
let isLong = getenv("HYPERTOOLS_LONG") != nil
