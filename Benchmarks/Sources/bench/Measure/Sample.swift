import Glibc

/// What one round of a measurement did, and how long it took.
struct Sample {
  /// Operations done; for quantities that are not rates, the quantity itself.
  var operations: Double
  /// Wall time; 1 s for quantities that are not rates.
  var seconds: Double

  /// Operations a second.
  var rate: Double { operations / seconds }

  /// A quantity that is not a rate, such as milliseconds or megabytes.
  static func quantity(_ value: Double) -> Sample { Sample(operations: value, seconds: 1) }
}

/// Whether processor time is measured instead of the time that passes: for a machine that is busy with other things.
let measuresProcessorTime = CommandLine.arguments.contains("--cpu")

/// Monotonic time in seconds; or the processor time of this process and of its children that have ended.
func now() -> Double {
  var time = timespec()
  guard measuresProcessorTime else {
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  var children = rusage()
  getrusage(RUSAGE_CHILDREN.rawValue, &children)
  let seconds = time.tv_sec + children.ru_utime.tv_sec + children.ru_stime.tv_sec
  let microseconds = children.ru_utime.tv_usec + children.ru_stime.tv_usec
  return Double(seconds) + Double(microseconds) / 1e6 + Double(time.tv_nsec) / 1e9
}

/// Repeats `work`, which does `step` operations a call, until `budget` seconds are over.
func repeated(for budget: Double, step: Int = 1, _ work: () throws -> Void) rethrows -> Sample {
  let start = now()
  var operations = 0
  var elapsed = 0.0
  repeat {
    try work()
    operations += step
    elapsed = now() - start
  } while elapsed < budget
  return Sample(operations: Double(operations), seconds: elapsed)
}

/// Times `work`, which does `operations` operations.
func timed(_ operations: Int, _ work: () throws -> Void) rethrows -> Sample {
  let start = now()
  try work()
  return Sample(operations: Double(operations), seconds: now() - start)
}

/// Keeps the optimizer from removing a computation whose result nobody uses.
@inline(never)
func keep<T>(_ value: T) { withExtendedLifetime(value) {} }

/// The middle value.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
