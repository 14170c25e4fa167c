import ToolKit

/// Reads the records of a stream many at a time, so that handing them to another thread costs little.
final class RecordBatches {
  private static let size = 1024

  private var stream: StreamReader
  /// What came up behind the records that were returned last.
  private var failure: ToolError?

  init(_ stream: consuming StreamReader) { self.stream = stream }

  /// The next records, or nil at the end of the stream.
  func next() throws(ToolError) -> [StreamRecord]? {
    if let failure { throw failure }
    var records: [StreamRecord] = []
    records.reserveCapacity(Self.size)
    do throws(ToolError) {
      while records.count < Self.size, let record = try stream.next() { records.append(record) }
    } catch {
      guard !records.isEmpty else { throw error }
      failure = error
    }
    return records.isEmpty ? nil : records
  }
}
