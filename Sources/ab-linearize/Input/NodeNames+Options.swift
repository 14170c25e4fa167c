import Autobase
import CompactEncoding
import GraphDrawing
import HypercoreCrypto
import ToolKit

extension NodeNames {
  init(_ keys: some Sequence<Fixed32>, _ options: OutputOptions) { self.init(keys, hex: options.hex) }

  init(_ keys: some Sequence<Fixed32>, hex: Bool) {
    self.init(keys) { hex ? $0.description : KeyIdentifier.encode($0) }
  }

  /// Names for the nodes of logs that may have names in their store or stream.
  init(_ keys: some Sequence<Fixed32>, _ options: OutputOptions, name: (Fixed32) -> String?) {
    let keys = Set(keys)
    var labels: [Fixed32: String] = [:]
    if !options.hex { for key in keys { labels[key] = name(key) } }
    let hex = options.hex
    self.init(keys, labels: labels) { hex ? $0.description : KeyIdentifier.encode($0) }
  }

  /// The node with a name.
  func find(_ name: String) throws(ToolError) -> Checkout {
    guard let colon = name.lastIndex(of: ":"), let length = UInt64(name[name.index(after: colon)...]), length > 0 else {
      throw ToolError(
        .usage, "\(Messages.escape(name)) is no node",
        hint: "a node is written KEY:LENGTH; the beginning of the key will do"
      )
    }
    if let key = labels.first(where: { $0.value == name[..<colon] })?.key { return Checkout(key: key, length: length) }
    let prefix = name[..<colon].lowercased()
    let found = keys.filter { $0.description.hasPrefix(prefix) || KeyIdentifier.encode($0).hasPrefix(prefix) }
    guard let key = found.first else {
      throw ToolError(.negative, "no writer has a key that begins with \(Messages.escape(prefix))")
    }
    guard found.count == 1 else {
      let some = found.prefix(8).map { String(full($0).prefix(prefixLength)) }.joined(separator: ", ")
      throw ToolError(
        .usage, "\(found.count) writers have keys that begin with \(Messages.escape(prefix))",
        hint: "give more of the key: \(some)" + (found.count > 8 ? ", …" : ""))
    }
    return Checkout(key: key, length: length)
  }
}
