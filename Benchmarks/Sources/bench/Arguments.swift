/// The command line.
struct Arguments {
  var names: [String] = []
  var json = false
  var list = false
  var rounds = 5
  var seconds = 0.2
  var directory = ".build/bench"
  var tools = ".build/release"
  var entries = "examples/models.ndjson"

  static let usage = """
    usage: bench [--json] [--cpu] [--list] [--rounds N] [--seconds S] [--directory DIR] [--tools DIR] [--entries FILE] [ROW]…
    """

  init(_ words: ArraySlice<String>) throws {
    var words = words
    while let word = words.popFirst() {
      func value() throws -> String {
        guard let value = words.popFirst() else { throw BenchError("\(word) needs a value\n" + Self.usage) }
        return value
      }
      switch word {
      case "--json": json = true
      case "--cpu": break
      case "--list": list = true
      case "--rounds":
        guard let number = Int(try value()), number > 0 else { throw BenchError("--rounds needs a positive number") }
        rounds = number
      case "--seconds":
        guard let number = Double(try value()), number > 0 else {
          throw BenchError("--seconds needs a positive number")
        }
        seconds = number
      case "--directory": directory = try value()
      case "--tools": tools = try value()
      case "--entries": entries = try value()
      case _ where word.hasPrefix("-"): throw BenchError("unknown option \(word)\n" + Self.usage)
      default: names.append(word)
      }
    }
  }
}
