import Glibc

extension Row {
  /// Nodes that a program in another language applies.
  static let applyPrograms = [
    Row(
      name: "apply-program", title: "ab-linearize follow --apply, a program in Python", aim: .none,
      limit: "the same lines through the program alone"
    ) { workspace in
      let tool = workspace.tools + "/ab-linearize"
      let log = workspace.tools + "/hc-log"
      for path in [tool, log] where access(path, X_OK) != 0 { throw BenchError("\(path) is not built") }
      let count = 50_000
      let folder = workspace.fresh("apply")
      func run(_ script: String) throws {
        let status = try Program("/bin/sh", ["-ec", "cd '\(folder)'; " + script]).wait()
        guard status == 0 else { throw BenchError("\(script) ended with exit status \(status)") }
      }
      mkdir(folder, 0o755)
      // A writer's log, to be read by stores that have nothing yet; and what a program is told meanwhile.
      try run(
        """
        cat >program.py <<'END'
        \(ApplyPrograms.python)
        END
        seq \(count) | sed 's/$/ and some text, to make it a value of about 50 bytes/' >values
        '\(tool)' follow --store first --sync normal --init --once --append <values 2>keys
        key=$(sed -n 's/Autobase key: //p' keys)
        '\(log)' export --store first "$key" >archive
        echo "$key" >key
        '\(log)' import --store second archive
        '\(tool)' follow --store second --base "$key" --once --apply 'tee lines | python3 program.py'
        """)
      return Pair(
        ours: {
          try run("rm -rf copy; '\(log)' import --store copy archive")
          return try timed(count) {
            try run("'\(tool)' follow --store copy --sync normal --base $(cat key) --once --apply 'python3 program.py'")
          }
        }, limit: { try timed(count) { try run("python3 program.py <lines >answers") } })
    }
  ]
}

/// What the row runs.
enum ApplyPrograms {
  /// Every value becomes a block.
  static let python = """
    import json, sys
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            print('{"type":"hello","version":1,"values":"utf8"}', flush=True)
        else:
            results = [{"append": [node["value"]]} for node in message["nodes"]]
            print(json.dumps({"type": "answer", "results": results}), flush=True)
    """
}
