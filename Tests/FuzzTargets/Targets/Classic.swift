import AutobaseClassic
import CompactEncoding
import Hypercore
import HypercoreCrypto
import TestSupport

extension FuzzTarget {
  /// Blocks of classic Autobases.
  static let classic = FuzzTarget(
    "classic", "blocks of inputs and outputs: causal and read streams, views in remote outputs",
    maximumByteCount: 4096, memoryFactor: 1024,
    seeds: {
      var seeds: [[UInt8]] = []
      for format in [NodeFormat.alpha8, .alpha9] {
        let logs = keys.prefix(2).map { KeyedMemoryLog(key: $0) }
        var options = ClassicAutobase.Options()
        options.newFormat = format
        let output = KeyedMemoryLog(key: keys[3])
        let base = ClassicAutobase(inputs: logs, localOutput: output, options: options)
        for round in 0..<3 {
          try base.append([UInt8(round)], input: logs[round % 2])
          try base.append([[1], [2, UInt8(round)]], clock: try base.latest(), input: logs[1 - round % 2])
        }
        try base.start()
        try base.view?.update()
        let blocks = logs.map(\.blocks)
        seeds.append([3] + InputReader.pieces([blocks[0].pieces, blocks[1].pieces, [], output.blocks.pieces]))
        for block in blocks[0] + output.blocks.prefix(3) { seeds.append([format == .alpha8 ? 0 : 2] + block) }
        for block in output.blocks.prefix(3) { seeds.append([format == .alpha8 ? 1 : 2] + block) }
      }
      for sample in try Samples.bytes(in: ["03-classic"], limit: 300).enumerated() where sample.offset % 16 == 0 {
        seeds.append([UInt8(sample.offset / 16 % 3)] + sample.element)
      }
      for sample in try Samples.bytes(in: ["03-encodings"], limit: 300).prefix(30) {
        seeds.append([3] + InputReader.pieces([[sample].pieces, [], [], []]))
      }
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let mode = reader.byte() & 3
      switch mode {
      case 0, 1:
        let role = mode == 0 ? NodeProtocol.input : .output
        let block: Alpha8Block
        do { block = try Alpha8Block(decoding: reader.rest(), role: role) } catch { return .refused }
        let encoded = block.encoded()
        let again = try? Alpha8Block(decoding: encoded, role: role)
        try require(again?.encoded() == encoded, "a block is not read as it was written")
        return .accepted
      case 2: return try Shape(Alpha9Block.self).run(reader.rest())
      default: return try base(&reader)
      }
    })

  private static let keys: [Fixed32] = (1...4).map { byte in
    Fixed32([UInt8](repeating: UInt8(byte), count: 32)) ?? Fixed32()
  }

  /// Three inputs and an output of any blocks.
  private static func base(_ reader: inout InputReader) throws -> FuzzOutcome {
    var logs: [KeyedMemoryLog] = []
    for key in keys {
      var blocks = InputReader(reader.piece())
      var list: [[UInt8]] = []
      while !blocks.isAtEnd { list.append(blocks.piece()) }
      logs.append(KeyedMemoryLog(key: key, list))
    }
    let count = logs.reduce(0) { $0 + Int($1.length) }
    var outcome = FuzzOutcome.refused
    func attempt(_ body: () throws -> Int) throws {
      do { if try body() > 0 { outcome = .accepted } } catch is ClassicError {} catch is ViewError {
      } catch is ApplyError {}
    }
    let inputs: [any CausalLog] = Array(logs.prefix(3))
    let base = ClassicAutobase(inputs: inputs)
    for acks in [false, true] {
      try attempt {
        var stream = try base.causalStream(includesAcks: acks)
        var found: [InputNode] = []
        while let node = try stream.next() {
          try require(found.count < count, "more nodes than blocks")
          try require(!found.contains { $0.key == node.node.key && $0.seq == node.node.seq }, "a node comes twice")
          found.append(node.node)
        }
        return found.count
      }
    }
    try attempt {
      var options = ReadStream.Options()
      options.waits = false
      var stream = base.readStream(options)
      var found = 0
      while try stream.next() != nil {
        found += 1
        try require(found <= count, "more nodes are read than there are blocks")
      }
      return found
    }
    try attempt {
      let viewer = ClassicAutobase(inputs: inputs, outputs: [logs[3]])
      try viewer.start()
      try viewer.view?.update()
      let length = viewer.view?.length ?? 0
      for index in 0..<min(length, 64) { _ = try viewer.view?.node(at: index) }
      return Int(length)
    }
    return outcome
  }
}

extension [[UInt8]] {
  /// The blocks of a log as one piece.
  fileprivate var pieces: [UInt8] { InputReader.pieces(self) }
}
