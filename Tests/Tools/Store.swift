import TestSupport

/// A store in a folder of its own, for tests that run tools on it.
struct Store {
  let folder = TemporaryDirectory()

  /// The store's folder.
  var path: String { folder.file("store") }
  /// The database file.
  var database: String { path + "/store.db" }

  /// Runs a tool with this store named in its environment.
  func run(
    _ tool: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Command.Result {
    try command(tool, arguments, input: input, environment: environment).run()
  }

  /// A tool with this store named in its environment.
  func command(
    _ tool: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Command {
    var variables = ["HYPERTOOLS_STORE": path, "HOME": folder.path, "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""]
    for (key, value) in environment { variables[key] = value }
    return Command(try Command.tool(tool), arguments, input: input, environment: variables, folder: folder.path)
  }

  /// Runs `hc-log`.
  func log(_ arguments: String..., input: [UInt8] = []) throws -> Command.Result {
    try run("hc-log", arguments, input: input)
  }

  /// Runs a shell script with the tools on its path.
  func shell(_ script: String) throws -> Command.Result {
    var command = try command("hc-log", [])
    command.program = "/bin/bash"
    command.arguments = ["-c", script]
    command.environment["PATH"] = "\(Command.toolFolder):/usr/sbin:/usr/bin:/sbin:/bin"
    return try command.run()
  }

  /// A store with a log `events` of these lines.
  static func withLog(_ lines: [String]) throws -> Store {
    let store = Store()
    _ = try store.log("create", "events")
    _ = try store.log("append", "events", input: Array(lines.map { $0 + "\n" }.joined().utf8))
    return store
  }

  /// Runs SQL on the database, as somebody who looks around or does damage.
  func sql(_ text: String) throws {
    let result = try Command("sqlite3", [database, text]).run()
    if result.status != 0 { throw CommandError("sqlite3: \(result.messages)") }
  }
}
