import ArgumentParser
import ToolKit

/// `ab-linearize(1)`: many logs into one order.
@main
struct AbLinearize: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "ab-linearize",
    abstract: "Many logs into one order.",
    version: Version.current,
    subcommands: [
      OrderCommand.self, CausalCommand.self, ReadCommand.self, ViewCommand.self, AppendCommand.self, ClockCommand.self,
      FollowCommand.self, ExplainCommand.self, GraphCommand.self, StatusCommand.self,
    ])
}
