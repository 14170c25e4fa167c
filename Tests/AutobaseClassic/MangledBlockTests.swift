import Autobase
import AutobaseClassic
import CompactEncoding
import TestSupport
import Testing

/// No block crashes or spins a reader, whatever is in it.
@Suite struct MangledBlockTests {
  /// Small inputs of every format, with batches, links and several keys.
  private func inputs(_ format: NodeFormat) throws -> [KeyedMemoryLog] {
    if format == .v7 {
      let logs = (0..<3).map { TestBase.log($0) }
      var heads: [Checkout] = []
      for round in 0..<2 {
        for log in logs {
          let batch = round == 0 ? 1 : 2
          try log.append(
            (0..<batch).map { index in
              OplogMessage(heads: index == 0 ? heads : [], batch: UInt64(batch - index), value: [7]).encoded()
            })
          heads.removeAll { $0.key == log.key }
          heads.append(Checkout(key: log.key, length: UInt64(log.blocks.count)))
        }
      }
      return logs
    }
    var options = ClassicAutobase.Options()
    options.newFormat = format
    let scene = TestBase(3, options: options)
    for log in scene.logs { try scene.merge(log) }
    for log in scene.logs { try scene.batch(log, 2, clock: scene.base.latest()) }
    return scene.logs
  }

  /// Reads everything in every way, as far as it goes.
  private func read(_ logs: [KeyedMemoryLog], thoroughly: Bool = true) throws -> Int {
    var count = 0
    for order in thoroughly ? [CausalOrder.alpha8, .alpha9] : [.alpha9] {
      for isSparse in thoroughly ? [false, true] : [true] {
        var options = ClassicAutobase.Options()
        options.order = order
        options.isSparse = isSparse
        let base = ClassicAutobase(inputs: logs, options: options)
        do {
          var stream = try base.causalStream(includesAcks: true)
          while try stream.next() != nil {
            count += 1
            #expect(count < 1000)
          }
        } catch is ClassicError {}
        do {
          var stream = base.readStream()
          while try stream.next() != nil {
            count += 1
            #expect(count < 1000)
          }
        } catch is ClassicError {}
      }
    }
    return count
  }

  @Test(arguments: NodeFormat.allCases) func `Every byte of every block can be wrong`(format: NodeFormat) throws {
    let logs = try inputs(format)
    #expect(try read(logs) > 0)
    var generator = SeededGenerator(seed: 3)
    for (place, log) in logs.enumerated().prefix(2) {
      for (seq, block) in log.blocks.enumerated() {
        for index in block.indices {
          for value in [0, 0xff, block[index] ^ 1, UInt8.random(in: 0...255, using: &generator)] {
            var mangled = log.blocks
            mangled[seq][index] = value
            var all = logs
            all[place] = KeyedMemoryLog(key: log.key, mangled)
            _ = try read(all, thoroughly: index % 8 == 0)
          }
        }
      }
    }
  }

  @Test(arguments: NodeFormat.allCases) func `Every block can be cut short`(format: NodeFormat) throws {
    let logs = try inputs(format)
    for (seq, block) in logs[1].blocks.enumerated() {
      for count in block.indices {
        var mangled = logs[1].blocks
        mangled[seq] = Array(block[..<count])
        _ = try read([logs[0], KeyedMemoryLog(key: logs[1].key, mangled), logs[2]])
      }
    }
  }

  @Test func `Blocks decode to nothing or to what encodes again`() throws {
    let (logs8, logs9) = try (inputs(.alpha8), inputs(.alpha9))
    var generator = SeededGenerator(seed: 5)
    for round in 0..<2000 {
      let alpha8 = logs8[round % 3].blocks.randomElement(using: &generator) ?? []
      let alpha9 = logs9[round % 3].blocks.randomElement(using: &generator) ?? []
      for (block, isAlpha8) in [(alpha8, true), (alpha9, false)] {
        var mangled = block
        mangled[Int.random(in: mangled.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        if isAlpha8 {
          for role in NodeProtocol.allCases {
            guard let found = try? Alpha8Block(decoding: mangled, role: role) else { continue }
            let again = try Alpha8Block(decoding: found.encoded(), role: role)
            #expect(again == found, "\(Hex.encode(mangled))")
          }
        } else if let found = try? Alpha9Block(decoding: mangled) {
          #expect(try Alpha9Block(decoding: found.encoded()) == found, "\(Hex.encode(mangled))")
        }
        _ = NodeFormat.detect(firstBlock: mangled)
      }
    }
  }
}
