/// The exit statuses of all tools. 128 + n stands for signal n, as the shell reports it.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Done; the answer is yes.
  case success = 0
  /// A negative answer, not a failure: not found, not synced, differs.
  case negative = 1
  /// The command line or the input has the wrong form.
  case usage = 2
  /// Might work later: a time-out, an unreachable peer, a busy store. Callers may retry.
  case temporary = 3
  /// A bad hash or signature, a fork, a corrupt store. Retrying does not help.
  case integrity = 4
  /// Refused: not writable, not allowed, would lose quorum.
  case refused = 5
  /// A version or schema that this program does not know.
  case incompatible = 6
  /// The local system failed: disk full, no permission, missing file.
  case localIO = 7
}
