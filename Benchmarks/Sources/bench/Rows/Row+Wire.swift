import HypercoreCrypto

extension Row {
  /// Encrypted connections and calls.
  static let wire = [
    Row(
      name: "stream-seal", title: "secure stream without a network, 64 B sealed and opened",
      limit: "libsodium's secretstream, push and pull"
    ) { workspace in
      var generator = SystemRandomNumberGenerator()
      var client = SecureStream(role: .initiator, keyPair: KeyPair(using: &generator), using: &generator)
      var server = SecureStream(role: .responder, keyPair: KeyPair(using: &generator), using: &generator)
      while !(client.isOpen && server.isOpen) {
        server.receive(client.takeOutput())
        _ = try server.next()
        client.receive(server.takeOutput())
        _ = try client.next()
      }
      let message = [UInt8](repeating: 2, count: 64)
      let raw = RawStream(messageSize: 64)
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: 64) {
            for _ in 0..<64 { try client.send(message) }
            client.writeOutput { server.receive(RawSpan(_unsafeBytes: $0)) }
            var count = 0
            while try server.next() != nil { count += 1 }
            guard count == 64 else { throw BenchError("\(count) of 64 messages came through") }
          }
        },
        limit: {
          try repeated(for: workspace.budget, step: 64) {
            for _ in 0..<64 { try raw.exchange() }
          }
        })
    }
  ]
}
