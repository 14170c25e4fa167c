import Glibc

extension Row {
  /// What it costs to start a tool, and what a node needs that has nothing to do.
  static let processes = starts + [idleMemory]

  private static let idleMemory = Row(
    name: "memory", title: "memory of an idle node", unit: .megabytes, aim: .figure(25), javascript: 63,
    limit: "sleep"
  ) { workspace in
    let (admin, server) = (workspace.tools + "/registry-admin", workspace.tools + "/rpc-serve")
    for path in [admin, server] where access(path, X_OK) != 0 { throw BenchError("\(path) is not built") }
    let store = workspace.fresh("store")
    guard try Program(admin, ["init", "--store", store]).wait() == 0 else { throw BenchError("init failed") }
    let log = workspace.fresh("log")
    let node = try RunningProgram(server, ["--store", store, "--listen", "unix:\(store)/socket"], errors: log)
    let idle = try RunningProgram("/bin/sleep", ["600"])
    try node.wait(until: "listening", in: log)
    return Pair(
      ours: {
        // What the start left behind is given back meanwhile, and timers have run.
        usleep(300_000)
        return .quantity(try node.program.residentMegabytes())
      },
      limit: { .quantity(try idle.program.residentMegabytes()) })
  }

  private static let starts =
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
