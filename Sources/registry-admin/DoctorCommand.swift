import ArgumentParser
import StoreToolKit
import ToolKit

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Examine the environment and the store, and say what to do.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(help: "Do not read the whole store: check neither pages nor blocks, only the heads of logs.")
  var quick = false

  func run() throws {
    let output = Output.standard()
    var findings: [Finding] = []
    let checkup = Checkup(directory: try location.resolve().path, isThorough: !quick, options: options) { finding in
      findings.append(finding)
      if options.json { return try output.line(finding.object) }
      let label = finding.result.rawValue.padded(to: 4)
      try output.line("\(label)  \(finding.check.padded(to: 8))  \(Messages.escape(finding.text))")
      if let hint = finding.hint { try output.line("                hint: \(Messages.escape(hint))") }
    }
    try checkup.run(location)
    try output.flush()
    let status = findings.status
    if status != .success { throw ExitCode(status.rawValue) }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
