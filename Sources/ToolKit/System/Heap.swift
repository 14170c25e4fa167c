internal import CMalloc

/// How the memory of a program grows that keeps all it reads until it ends.
public enum Heap {
  /// What is never given back.
  private nonisolated(unsafe) static var kept: [Any] = []

  /// Has the allocator ask the system for much at a time, and keep it: by default it asks for 128 KiB, and gives back what
  /// is free at the end of the heap, over and over again while large arrays grow. Pages that are not used cost nothing.
  public static func growsInLargeSteps() {
    mallopt(M_TOP_PAD, 64 << 20)
    mallopt(M_TRIM_THRESHOLD, 1 << 30)
  }

  /// Keeps a value until the process ends, which gives back its memory faster than any destructor does. To be called from
  /// the main thread.
  public static func keepToTheEnd(_ value: Any) { kept.append(value) }
}
