import ArgumentParser

/// `METHOD=COMMAND` on the command line.
struct MethodCommand: ExpressibleByArgument, Hashable {
  let method: String
  let command: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "=") else { return nil }
    method = String(argument[..<sign])
    command = String(argument[argument.index(after: sign)...])
    if method.isEmpty || command.isEmpty { return nil }
  }
}
