import Glibc

/// A program to run in a test, with a time limit.
public struct Command: Sendable {
  /// How the program ended and what it wrote.
  public struct Result: Sendable {
    /// The exit status, or 128 + n for signal n.
    public var status: Int32
    /// What it wrote to standard output.
    public var output: [UInt8]
    /// What it wrote to standard error.
    public var errors: [UInt8]
    /// Standard output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Standard error as text.
    public var messages: String { String(decoding: errors, as: UTF8.self) }
    /// Standard output as lines.
    public var lines: [String] { text.split(separator: "\n").map(String.init) }
  }

  /// The program: a path, or a name that is looked up on the `PATH`.
  public var program: String
  /// Its arguments, without its own name.
  public var arguments: [String]
  /// What it reads on standard input.
  public var input: [UInt8] = []
  /// Variables set on top of those of the test.
  public var environment: [String: String] = [:]
  /// Its working folder.
  public var folder: String?
  /// It is killed when it runs longer.
  public var timeoutMilliseconds = 60_000

  /// The program with these arguments.
  public init(
    _ program: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:],
    folder: String? = nil, timeoutMilliseconds: Int = 60_000
  ) {
    self.program = program
    self.arguments = arguments
    self.input = input
    self.environment = environment
    self.folder = folder
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  /// Runs the program to its end.
  ///
  /// - Throws: ``CommandError`` when it cannot be started or runs too long.
  public func run() throws -> Result {
    let process = try start()
    return try process.finish(input: input, timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Starts the program and leaves it running; ``input`` is not used.
  public func start() throws -> RunningCommand { try RunningCommand(self) }

  /// A program that the package builds, found beside the tests, or in the folder of `HYPERTOOLS_BIN` when set.
  ///
  /// - Throws: ``CommandError`` when it is not there.
  public static func tool(_ name: String) throws -> String {
    let path = toolFolder + "/" + name
    guard access(path, X_OK) == 0 else { throw CommandError("\(path) is not built") }
    return path
  }

  /// The folder with the built programs.
  public static let toolFolder: String = {
    if let folder = getenv("HYPERTOOLS_BIN") { return String(cString: folder) }
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
    return String(decoding: path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)], as: UTF8.self)
  }()
}

/// A program could not be started, or did not end in time.
public struct CommandError: Error, CustomStringConvertible {
  /// One line for people.
  public let description: String

  /// An error with the given text.
  public init(_ description: String) { self.description = description }
}
