import Glibc

extension Row {
  /// What it costs to start a tool.
  static let processes =
    ["hc-log", "ab-linearize", "hdb-view", "rpc-serve", "rpc-call", "registry-admin"].map { tool in
      Row(
        name: "start-\(tool)", title: "start-up, \(tool) --version", unit: .milliseconds, aim: .figure(5),
        limit: "/bin/true"
      ) { workspace in
        let path = workspace.tools + "/" + tool
        guard access(path, X_OK) == 0 else { throw BenchError("\(path) is not built") }
        return Pair(
          ours: { try starting(path, ["--version"], budget: workspace.budget) },
          limit: { try starting("/bin/true", [], budget: workspace.budget) })
      }
    }

  /// Milliseconds from the start of a program to its end.
  private static func starting(_ path: String, _ arguments: [String], budget: Double) throws -> Sample {
    let sample = try repeated(for: budget) {
      let status = try Program(path, arguments).wait()
      guard status == 0 else { throw BenchError("\(path) ended with exit status \(status)") }
    }
    return .quantity(1000 / sample.rate)
  }
}
