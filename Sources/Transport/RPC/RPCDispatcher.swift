internal import NIOCore
internal import ProtomuxRPC

/// Collects the calls of all connections of a server and hands them to the service together. Belongs to the event loop.
final class RPCDispatcher: @unchecked Sendable {
  private let service: any RPCService
  private var calls: [RPCCall] = []
  private var isScheduled = false
  /// Connections that are open: with one alone there is nothing to wait for.
  var connectionCount = 0

  init(service: any RPCService) { self.service = service }

  func add(_ call: RPCCall) { calls.append(call) }

  /// Everything that one connection read was added: asks the service now when there is no other connection, else once
  /// the sockets that are ready at this moment were all read.
  func readCompleted(on eventLoop: any EventLoop) {
    guard !calls.isEmpty else { return }
    if connectionCount == 1 { return dispatch() }
    guard !isScheduled else { return }
    isScheduled = true
    eventLoop.execute { [self] in
      isScheduled = false
      dispatch()
    }
  }

  private func dispatch() {
    let batch = calls
    calls = []
    let outcomes = service.respond(to: batch)
    precondition(outcomes.count == batch.count, "a service gives one outcome for each call")
    for (call, outcome) in zip(batch, outcomes) where !call.request.isEvent {
      switch outcome {
      case .value(let value): call.part.respond(to: call.request.id, on: call.channel, .success(value))
      case .failure(let error): call.part.respond(to: call.request.id, on: call.channel, .failure(error))
      case .deferred: call.part.deferredCount += 1
      }
    }
    for call in batch { call.part.flushOnce() }
  }
}
