import Glibc

/// Where other threads leave events for the main thread.
///
/// Ordinary events are taken as they come. Events with a weight are held back: whoever posts one waits while more than
/// the limit is there that the main thread has not released yet.
final class Mailbox<Event: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let arrival = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let room = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let limit: Int
  private var events: [Event] = []
  private var weight = 0
  private var isWaiting = false

  /// A mailbox for weighted events of `limit` together, or one that weighs more alone.
  init(limit: Int = .max) {
    self.limit = limit
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(arrival, &attributes)
    pthread_cond_init(room, nil)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(room)
    pthread_cond_destroy(arrival)
    pthread_mutex_destroy(mutex)
    room.deallocate()
    arrival.deallocate()
    mutex.deallocate()
  }

  /// Leaves an event.
  func post(_ event: Event) {
    pthread_mutex_lock(mutex)
    events.append(event)
    if isWaiting { pthread_cond_signal(arrival) }
    pthread_mutex_unlock(mutex)
  }

  /// Leaves an event once there is room for its weight.
  func post(_ event: Event, weight added: Int) {
    pthread_mutex_lock(mutex)
    while weight > 0, weight + added > limit { pthread_cond_wait(room, mutex) }
    weight += added
    events.append(event)
    if isWaiting { pthread_cond_signal(arrival) }
    pthread_mutex_unlock(mutex)
  }

  /// Makes room: that much is in nobody's way any more.
  func release(_ released: Int) {
    guard released > 0 else { return }
    pthread_mutex_lock(mutex)
    weight -= released
    pthread_cond_signal(room)
    pthread_mutex_unlock(mutex)
  }

  /// Takes all events; waits for one until the time, in milliseconds of ``monotonicMilliseconds()``, when there is none.
  func take(until time: UInt64) -> [Event] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var limit = timespec(tv_sec: Int(clamping: time / 1000), tv_nsec: Int(time % 1000) * 1_000_000)
    isWaiting = true
    while events.isEmpty, pthread_cond_timedwait(arrival, mutex, &limit) == 0 {}
    isWaiting = false
    let taken = events
    events = []
    return taken
  }
}

/// Milliseconds of a clock that only goes forward.
func monotonicMilliseconds() -> UInt64 { monotonicMicroseconds() / 1000 }

/// Microseconds of the same clock.
func monotonicMicroseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
}
