import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import JSON
import TestSupport
import Testing

/// Oplogs that the reference wrote, as inputs of classic bases.
@Suite struct OplogVectorTests {
  @Test(arguments: ["03-runs-7.28.1", "03-runs-7.18.1"])
  func `Oplogs of the reference have the order of the model`(file: String) throws {
    var count = 0
    for scenario in try Vectors.load(file).list("scenarios") {
      let name = try scenario.text("name")
      let logs = try scenario.list("final").map { peer in
        KeyedMemoryLog(
          key: try peer.fixed32("localKey"), try peer.at("oplog").list("blocks").map { try $0.hex() })
      }
      let base = ClassicAutobase(inputs: logs.filter { $0.length > 0 })
      guard try scenario.at("encryptionKey").string == nil else {
        // Nothing of it can be read without the key.
        var stream = try base.causalStream()
        #expect(throws: ClassicError.self) { while try stream.next() != nil {} }
        count += 1
        continue
      }
      let start = try base.latest()
      for log in base.inputs { #expect(NodeFormat.detect(firstBlock: try log.block(at: 0))?.format == .v7) }
      let model = PlainOrder(
        inputs: try base.inputs.map { log in (log.key, try (0..<log.length).map { try base.node(log.key, $0) }) })
      var stream = try base.causalStream(includesAcks: true)
      let order = try stream.rest()
      #expect(order == model.order(from: start, .alpha9), "\(name)")
      #expect(order.count == Int(start.operations), "\(name)")

      // Acks are left out, and nothing else.
      stream = try base.causalStream()
      var values = 0
      while let entry = try stream.next() {
        #expect(entry.node.value != nil)
        values += 1
      }
      #expect(values == model.inputs.flatMap(\.nodes).filter { $0.value != nil }.count, "\(name)")
      count += order.count
    }
    #expect(count > 0)
  }
}
