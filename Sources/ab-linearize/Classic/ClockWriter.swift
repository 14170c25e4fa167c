import AutobaseClassic
import CompactEncoding
import HypercoreCrypto
import JSON

/// Makes the clocks of many records: the text of each key is made once.
final class ClockWriter {
  private var texts: [Fixed32: JSON] = [:]

  /// An array of objects with `core` and `length`, by key.
  func json(_ clock: CausalClock) -> JSON {
    .array(
      clock.entries.map { entry in
        .object(JSONObject([("core", key(entry.key)), ("length", .integer(Int64(clamping: entry.seq + 1)))]))
      })
  }

  /// The text of a key.
  func key(_ key: Fixed32) -> JSON {
    if let text = texts[key] { return text }
    let text = JSON.string(KeyIdentifier.encode(key))
    texts[key] = text
    return text
  }
}
