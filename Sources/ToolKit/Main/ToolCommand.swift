import ArgumentParser
import Glibc

extension ToolCommand {
  /// Runs the tool with the arguments of the process.
  public static func main() {
    do {
      var command = try parse(Array(CommandLine.arguments.dropFirst()))
      do {
        try command.run()
      } catch let error as CleanExit {
        // A command that is nothing without a verb answers with its help when there is none.
        endWithoutVerb(error)
      }
    } catch {
      end(with: error)
    }
  }

  /// Reads the command line. Options may come before the verb, where the parser does not look for them: so when that does
  /// not make sense, each word that is a verb is tried as the first one.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    do {
      return try parseAsRoot(arguments)
    } catch  where exitCode(for: error) == .validationFailure && arguments.first?.hasPrefix("-") == true {
      let verbs = Set(configuration.subcommands.compactMap { $0.configuration.commandName })
      var first: (any Error)?
      for (place, word) in arguments.enumerated() where verbs.contains(word) {
        var moved = arguments
        moved.insert(moved.remove(at: place), at: 0)
        do { return try parseAsRoot(moved) } catch { first = first ?? error }
      }
      // What is wrong besides the place of the verb says more.
      throw first ?? error
    }
  }

  /// Ends the process that was called without a verb: how it is called goes to standard error.
  private static func endWithoutVerb(_ help: CleanExit) -> Never {
    Messages.error("a command is needed")
    for line in fullMessage(for: help).split(separator: "\n", omittingEmptySubsequences: false) {
      Messages.line(String(line))
    }
    Glibc.exit(ExitStatus.usage.rawValue)
  }

  /// Ends the process as the error asks for.
  static func end(with error: any Error) -> Never {
    switch error {
    case is NegativeAnswer: Glibc.exit(ExitStatus.negative.rawValue)
    case let code as ExitCode: Glibc.exit(code.rawValue)
    case let convertible as any ToolErrorConvertible:
      Messages.report(convertible.toolError)
      Glibc.exit(convertible.toolError.status.rawValue)
    default: break
    }
    let code = exitCode(for: error)
    if code.isSuccess {
      // Help, version, completion script: asked for, so it is data.
      let output = Output.standard()
      do {
        try output.line(fullMessage(for: error))
        try output.flush()
      } catch {
        end(with: error)
      }
      Glibc.exit(ExitStatus.success.rawValue)
    }
    if code == .validationFailure {
      reportUsage(error)
      Glibc.exit(ExitStatus.usage.rawValue)
    }
    // An error nobody described is a fault of the program; it still says what it is.
    Messages.error(message(for: error))
    Glibc.exit(ExitStatus.integrity.rawValue)
  }

  /// The parser's text in our voice: the error in lower case without full stop, then how the command is called.
  private static func reportUsage(_ error: any Error) {
    var text = message(for: error)
    if text.last == "." { text.removeLast() }
    if let first = text.first, first.isUppercase, text.dropFirst().first?.isUppercase != true {
      text = first.lowercased() + text.dropFirst()
    }
    Messages.error(text)
    for line in fullMessage(for: error).split(separator: "\n").dropFirst(text.split(separator: "\n").count) {
      let words = line.drop { $0 == " " }
      if words.hasPrefix("Usage: ") {
        Messages.hint("usage: " + words.dropFirst(7))
      } else if words.hasPrefix("See '"), let command = words.split(separator: "'").dropFirst().first {
        Messages.hint("more: " + command)
      }
    }
  }
}
