import Glibc
import JSON
import ToolKit

/// Reads requests from standard input on a thread of its own: reading waits, and answers must not wait with it.
enum InputThread {
  /// Starts to read; requests and the end go to the mailbox.
  static func start(_ coding: MethodCoding, _ mailbox: Mailbox<CallRunner.Event>) throws(ToolError) {
    try startThread {
      var line: UInt64 = 0
      var requests: [CallRequest] = []
      var weight = 0
      func deliver() {
        guard !requests.isEmpty else { return }
        mailbox.post(.requests(requests, weight: weight), weight: weight)
        requests = []
        weight = 0
      }
      do throws(ToolError) {
        var reader = try RecordReader(path: "-", framing: .lines, limit: 2 * MethodCoding.maximumBodySize)
        while true {
          let lines = try reader.nextBatch(maximum: 64, bytes: 1 << 16)
          if lines.isEmpty { break }
          for text in lines {
            line += 1
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
            let request = try request(text, line, coding)
            weight += request.body.count + 256
            requests.append(request)
          }
          deliver()
        }
        mailbox.post(.inputEnded(nil))
      } catch {
        deliver()
        mailbox.post(.inputEnded(error))
      }
    }
  }

  private static func request(_ text: [UInt8], _ line: UInt64, _ coding: MethodCoding) throws(ToolError) -> CallRequest
  {
    do {
      let json = try JSON(parsing: text)
      return CallRequest(name: json["name"]?.string, body: try coding.body(json, isStrict: false))
    } catch {
      throw ToolError(
        .usage, "line \(line) of standard input: \(error)",
        hint: "the lines before it were sent and answered, nothing behind it was")
    }
  }

  private static func startThread(_ body: @escaping @Sendable () -> Void) throws(ToolError) {
    final class Box {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    guard code == 0 else { throw .system("cannot start a thread", code) }
    pthread_detach(thread)
  }

  /// The number of lines that standard input still has, when it is a file; nil when nobody can know.
  static func lineCount() -> UInt64? {
    var status = stat()
    guard fstat(0, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var offset = lseek(0, 0, SEEK_CUR)
    guard offset >= 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var lines: UInt64 = 0
    var last: UInt8 = 0x0a
    while true {
      let count = pread(0, &buffer, buffer.count, offset)
      guard count > 0 else { return count == 0 ? lines + (last == 0x0a ? 0 : 1) : nil }
      for byte in buffer[..<count] where byte == 0x0a { lines += 1 }
      last = buffer[count - 1]
      offset += count
    }
  }
}
