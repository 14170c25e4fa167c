import ArgumentParser
import Glibc
import StoreToolKit
import ToolKit

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Make what is missing, print the keys, and serve with rpc-serve.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Join the registry with this key instead of founding one.", valueName: "key"))
  var bootstrap: KeyArgument?

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("Options of rpc-serve, which are passed on.", valueName: "rpc-serve options"))
  var serverOptions: [String] = []

  func run() throws {
    let (path, sync) = try location.resolve()
    let program = Self.sibling("rpc-serve")
    try Setup(location: location, options: options, bootstrap: bootstrap?.key).perform()
    let arguments =
      ["rpc-serve", "--storage", path, "--sync", sync.rawValue] + (options.json ? ["--json"] : []) + serverOptions
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    execvp(program ?? "rpc-serve", &words)
    throw ToolError.system(
      "cannot start rpc-serve", errno, hint: "it is looked for beside registry-admin, then on the PATH")
  }

  /// The tool beside this one; nil when there is none.
  static func sibling(_ name: String) -> String? {
    let path = Setup.absolute("/proc/self/exe")
    guard let end = path.lastIndex(of: "/") else { return nil }
    let candidate = String(path[...end]) + name
    return access(candidate, X_OK) == 0 ? candidate : nil
  }

  /// Whether a program of this name is on the `PATH`.
  static func isOnPath(_ name: String) -> Bool {
    guard let path = getenv("PATH") else { return false }
    return String(cString: path).split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }
}
