/// How a byte stream is cut into records.
public enum RecordFraming: Sendable, Hashable {
  /// Each record ends with a line feed, which is not part of it; the last line may lack it. A carriage return before
  /// it stays: records are bytes.
  case lines
  /// Each record ends with a NUL byte, which is not part of it; the last one may lack it.
  case nul
  /// Each record follows its length, a compact-encoding uint: 1 byte up to 0xfc, else `fd`, `fe` or `ff` and 2, 4 or 8
  /// bytes little endian.
  case lengthPrefixed
  /// The whole stream is one record.
  case whole
}
