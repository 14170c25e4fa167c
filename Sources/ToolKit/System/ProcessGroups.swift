import Glibc
import Synchronization

/// The process groups of commands that run, for the moments when nothing else ends them: a signal that ends this process,
/// and `exit`. A command in a group of its own does not get the signals of the terminal, and outlives its parent.
///
/// Nothing helps against SIGKILL: then a command finds its input at the end.
public enum ProcessGroups {
  /// Numbers of groups; 0 for a free place. The handler of a signal may read atomics and nothing else. More commands
  /// than places at a time end with their ``ChildProcess`` only.
  private static let places = InlineArray<256, Atomic<pid_t>> { _ in Atomic(0) }
  private static let isArmed = Atomic(false)

  /// Has groups end with this process, also when SIGTERM, SIGINT, SIGHUP or SIGQUIT ends it: as far as these have no
  /// handler yet, and are not ignored. To be called before commands are started.
  public static func endWithThisProcess() {
    guard isArmed.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
    prepare()
    atexit { ProcessGroups.endAll() }
    for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0, action.isDefault else { continue }
      signal(number, ProcessGroups.handle)
    }
  }

  private static let handle: @convention(c) (Int32) -> Void = { number in
    let saved = errno
    ProcessGroups.endAll()
    // Takes effect when the handler returns.
    signal(number, SIG_DFL)
    raise(number)
    errno = saved
  }

  /// Makes what a handler touches.
  static func prepare() { _ = places[0].load(ordering: .relaxed) }

  /// Ends all groups; a handler of a signal may call it.
  static func endAll() {
    for index in places.indices {
      let group = places[index].exchange(0, ordering: .relaxed)
      if group > 1 { kill(-group, SIGKILL) }
    }
  }

  static func add(_ group: pid_t) {
    for index in places.indices
    where places[index].compareExchange(expected: 0, desired: group, ordering: .relaxed).exchanged { return }
  }

  static func remove(_ group: pid_t) {
    for index in places.indices
    where places[index].compareExchange(expected: group, desired: 0, ordering: .relaxed).exchanged { return }
  }

  /// Runs `body`, in which this thread is not interrupted by signals that would end the process: a command that was just
  /// started is known then.
  static func uninterrupted<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] { sigaddset(&signals, number) }
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
  }
}

extension sigaction {
  /// Whether the signal does what it does by default.
  fileprivate var isDefault: Bool { unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self) == 0 }
}
