public import ArgumentParser

/// # ToolKit
///
/// What the mains of the tools share, so that all of them behave alike. `hypertools(7)` states the rules for users;
/// this page states them for the code.
///
/// * **Output.** stdout carries data only. ``Output`` buffers it and writes it in large pieces; a reader that went away
///   ends the tool quietly, as SIGPIPE would. Data that is not text never reaches a terminal unless asked for.
/// * **Messages** go to stderr: `tool: error: …`, `tool: hint: …`, `tool: warning: …` (``Messages``). They begin in
///   lower case, have no full stop, name what was expected and what was found, and a hint says what to do next. Control
///   characters in them are escaped, since they may quote foreign input.
/// * **Exit status.** One table for all tools: ``ExitStatus``. A library error gets its status, text and hint by
///   conforming to ``ToolErrorConvertible``.
/// * **Arguments.** A root command conforms to ``ToolCommand``; option groups that several tools have are
///   ``OutputOptions`` and ``StoreLocation``; values come from flag, environment, configuration file and default, in that
///   order (``Settings``).
/// * **Input.** ``RecordReader`` cuts a descriptor into records: lines, NUL-terminated, length-prefixed, or the whole.
/// * **Streams.** ``StreamRecord`` is one line of `hc-stream(5)`.
/// * **Files** appear whole or not at all: ``AtomicFile``.
/// * **Signals.** ``Signals``: the first SIGTERM or SIGINT asks a daemon to finish, the second ends it.
///
/// There is no Foundation here, and no `async`: a tool starts in milliseconds.
///
/// The root command of a tool. Marked `@main`, it parses the arguments, runs the chosen command, and ends the process by
/// the rules of all tools: messages on stderr, statuses of ``ExitStatus``, 2 for wrong usage.
public protocol ToolCommand: ParsableCommand {}
