import ProtomuxRPC

/// The calls that are under way, in order: admitted, sent, answered in any order, and taken out in order again.
struct CallWindow {
  private struct Slot {
    let request: CallRequest
    /// When the call has taken too long, all attempts together.
    let deadline: UInt64
    var result: Result<[UInt8], RPCError>?
  }

  private var slots: [Slot] = []
  /// The number of the first slot.
  private var first = 0
  /// The number of the next call to send.
  private var nextToSend = 0
  /// The number behind the last call that was ever sent.
  private var sentEnd = 0
  /// Calls without an answer.
  private(set) var unansweredCount = 0
  /// Bytes of the requests and replies that are held.
  private(set) var byteCount = 0

  /// The number of calls that are held.
  var count: Int { slots.count }
  /// Whether a call has no answer yet.
  var hasUnanswered: Bool { unansweredCount > 0 }
  /// The deadline of the oldest call without an answer.
  var deadline: UInt64? { hasUnanswered ? slots.first { $0.result == nil }?.deadline : nil }

  /// Takes a call in.
  mutating func admit(_ request: CallRequest, deadline: UInt64) {
    slots.append(Slot(request: request, deadline: deadline))
    unansweredCount += 1
    byteCount += request.body.count
  }

  /// The calls to send: numbers and bodies of those without an answer that were not sent on this connection.
  mutating func takeUnsent() -> (numbers: [Int], bodies: [[UInt8]], deadline: UInt64) {
    var numbers: [Int] = []
    var bodies: [[UInt8]] = []
    var deadline = UInt64.max
    while nextToSend < first + slots.count {
      let slot = slots[nextToSend - first]
      if slot.result == nil {
        numbers.append(nextToSend)
        bodies.append(slot.request.body)
        deadline = min(deadline, slot.deadline)
      }
      nextToSend += 1
    }
    sentEnd = max(sentEnd, nextToSend)
    return (numbers, bodies, deadline)
  }

  /// A connection ended: what has no answer is to be sent again.
  mutating func rewind() { nextToSend = first }

  /// Notes an answer; false when the call has one already.
  mutating func answer(_ number: Int, _ result: Result<[UInt8], RPCError>) -> Bool {
    guard number >= first, number < first + slots.count, slots[number - first].result == nil else { return false }
    slots[number - first].result = result
    unansweredCount -= 1
    if case .success(let bytes) = result { byteCount += bytes.count }
    return true
  }

  /// Gives every call that was sent and has no answer this one, and drops those that were never sent.
  mutating func abandon(_ error: RPCError) {
    for number in first..<max(first, min(sentEnd, first + slots.count)) { _ = answer(number, .failure(error)) }
    while slots.count > max(0, sentEnd - first) { byteCount -= slots.removeLast().request.body.count }
    unansweredCount = 0
  }

  /// Takes out the calls at the front that have an answer.
  mutating func takeAnswered() -> [(CallRequest, Result<[UInt8], RPCError>)] {
    var taken: [(CallRequest, Result<[UInt8], RPCError>)] = []
    for slot in slots {
      guard let result = slot.result else { break }
      taken.append((slot.request, result))
      byteCount -= slot.request.body.count
      if case .success(let bytes) = result { byteCount -= bytes.count }
    }
    slots.removeFirst(taken.count)
    first += taken.count
    nextToSend = max(nextToSend, first)
    return taken
  }
}
