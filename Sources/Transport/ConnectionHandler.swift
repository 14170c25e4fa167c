internal import NIOCore

/// Passes what happens to a socket on to its connection.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let connection: Connection
  private let onStart: () -> Void
  private var isStarted = false

  init(_ connection: Connection, onStart: @escaping () -> Void = {}) {
    self.connection = connection
    self.onStart = onStart
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { start() }
  }

  func channelActive(context: ChannelHandlerContext) { start() }

  private func start() {
    guard !isStarted else { return }
    isStarted = true
    onStart()
    connection.start()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.read(unwrapInboundIn(data)) }

  func channelReadComplete(context: ChannelHandlerContext) { connection.readCompleted() }

  func channelInactive(context: ChannelHandlerContext) { connection.fail(.closedByPeer) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.fail(TransportError(error)) }
}
