import ProtomuxRPC
import TestSupport
import Testing

@testable import rpc_call

@Suite struct CallWindowTests {
  private func body(_ number: Int) -> [UInt8] { [UInt8(number & 255), UInt8(number >> 8)] }

  /// Random admissions, sendings, answers and lost connections: every call is answered once and taken in order.
  @Test func answersComeOutInOrder() throws {
    var generator = SeededGenerator(seed: 47)
    for round in 0..<300 {
      var window = CallWindow()
      var (admitted, taken) = (0, 0)
      var sent: [Int] = []
      var answered: Set<Int> = []
      for _ in 0..<200 {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1:
          window.admit(CallRequest(name: nil, body: body(admitted)), deadline: UInt64(1000 + admitted))
          admitted += 1
        case 2:
          let (numbers, bodies, deadline) = window.takeUnsent()
          #expect(bodies == numbers.map { body($0) } && numbers == numbers.sorted())
          #expect(numbers.allSatisfy { !answered.contains($0) && !sent.contains($0) })
          #expect(deadline == numbers.first.map { UInt64(1000 + $0) } ?? .max)
          sent += numbers
        case 3, 4:
          guard let number = sent.randomElement(using: &generator) else { break }
          #expect(window.answer(number, .success(body(number))) == answered.insert(number).inserted, "round \(round)")
        default:
          window.rewind()
          sent = sent.filter { answered.contains($0) }
        }
        let pending = (taken..<admitted).filter { !answered.contains($0) }
        #expect(window.unansweredCount == pending.count)
        #expect(window.deadline == pending.first.map { UInt64(1000 + $0) })
        for (request, result) in window.takeAnswered() {
          #expect(request.body == body(taken) && result == .success(body(taken)))
          taken += 1
        }
        #expect(taken == pending.first ?? admitted && window.count == admitted - taken)
      }
      let everSent = Set(sent)
      window.abandon(.closed)
      let rest = window.takeAnswered()
      // Those that were sent get the failure; a call behind them may have its answer already.
      for (number, call) in zip(taken..., rest) {
        #expect(call.1 == (answered.contains(number) ? .success(body(number)) : .failure(.closed)))
      }
      #expect(everSent.allSatisfy { $0 < taken + rest.count })
      #expect(window.count == 0 && window.byteCount == 0 && !window.hasUnanswered && window.deadline == nil)
    }
  }
}
