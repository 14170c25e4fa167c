import ArgumentParser
import Corestore
import HyperDB
import StoreToolKit
import ToolKit

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Print the records that differ between two lengths of the view.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var view: ViewOptions
  @OptionGroup var options: OutputOptions

  @Argument(help: "The length before: a number, or signed.")
  var before: LengthArgument

  @Argument(help: "The length after; the present one when missing.")
  var after: LengthArgument?

  func run() throws {
    let specification = try view.specification()
    let opened = try OpenView(location, view)
    let state = try opened.current()
    let writer = ChangeWriter(specification, options)
    var differences = try opened.read {
      let (left, right) = (try state.length(before, specification), try state.length(after, specification))
      return try state.database(specification, at: state.length).differences(from: left, to: right)
    }
    var differs = false
    try opened.forEach({ try differences.next() }) { difference in
      differs = true
      try writer.write(difference)
    }
    try writer.flush()
    if differs { throw NegativeAnswer() }
  }
}
