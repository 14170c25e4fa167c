import Autobase
import CompactEncoding
import Hypercore
import HypercoreCrypto
import Registry
import TestSupport
import Testing

@Suite struct ApplyTests {
  /// A host that keeps a set of indexers.
  private final class Host: RegistryHost {
    var indexers: [Fixed32]
    init(_ indexers: [Fixed32]) { self.indexers = indexers }
    func addIndexer(_ key: Fixed32) { if !indexers.contains(key) { indexers.append(key) } }
    func removeWriter(_ key: Fixed32) { indexers.removeAll { $0 == key } }
    func isRemovable(_ key: Fixed32) -> Bool { indexers != [key] }
  }

  @Test func operationsAreCarriedOut() throws {
    var random = SeededGenerator(seed: 1)
    let (a, b) = (random.key(), random.key())
    let host = Host([a])
    let view = RegistryView(MemoryLog())
    var rule = RegistryApply()
    let entry = random.entry()
    #expect(try rule.apply(RegistryOperation.putEntry(entry).encoded(), to: view, host: host) == .applied)
    #expect(try view.get(entry.name) == entry)
    let delete = RegistryOperation.deleteEntry(EntryName(entry.name)).encoded()
    for _ in 0..<2 { #expect(try rule.apply(delete, to: view, host: host) == .applied) }
    #expect(try view.get(entry.name) == nil)
    let remove = { RegistryOperation.removeWriter(WriterKey($0)).encoded() }
    #expect(try rule.apply(remove(a), to: view, host: host) == .notRemovable)
    #expect(try rule.apply(RegistryOperation.addWriter(WriterKey(b)).encoded(), to: view, host: host) == .applied)
    #expect(try rule.apply(remove(a), to: view, host: host) == .applied)
    #expect(host.indexers == [b])
    #expect(rule.counts == [.applied: 5, .notRemovable: 1])
  }

  @Test func whatMakesNoSenseIsIgnoredAndCounted() throws {
    let view = RegistryView(MemoryLog())
    let host = Host([Fixed32()])
    var rule = RegistryApply()
    let ignored: [([UInt8], RegistryApply.Outcome)] = [
      ([], .undecodable), ([0], .undecodable), ([1, 2, 0x61], .undecodable), ([4], .unknownOperation),
      ([0xff] + [UInt8](repeating: 0xff, count: 8), .undecodable), ([0xfd, 0, 1, 9], .unknownOperation),
      ([0, 0], .wrongKeyLength), ([0, 31] + [UInt8](repeating: 1, count: 31), .wrongKeyLength),
      ([2, 33] + [UInt8](repeating: 1, count: 33), .wrongKeyLength),
    ]
    for (message, outcome) in ignored {
      #expect(try rule.apply(message, to: view, host: host) == outcome, "\(message)")
    }
    #expect(rule.counts.values.reduce(0, +) == UInt64(ignored.count))
    #expect(try view.count() == 0)
    #expect(host.indexers == [Fixed32()])
  }

  /// Random bytes never stop the rule.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomBytesNeverStopIt(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let view = RegistryView(MemoryLog())
    let host = Host([random.key()])
    var rule = RegistryApply()
    for _ in 0..<50 {
      var message = RegistryOperation.putEntry(random.entry()).encoded()
      for _ in 0..<random.next() % 4 {
        message[Int(random.next() % UInt64(message.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      try rule.apply(message, to: view, host: host)
      try rule.apply(random.bytes(Int(random.next() % 50)), to: view, host: host)
    }
    #expect(rule.counts.values.reduce(0, +) == 100)
  }

  /// A base with one writer: what is appended is in the view, with the bytes of a database that was written directly,
  /// and a second node over the same store sees it.
  @Test func baseWithOneWriter() throws {
    var random = SeededGenerator(seed: 7)
    let storage = MemoryBaseStorage(local: KeyPair(seed: random.key()))
    let application = RegistryApplication()
    let base = try Autobase(storage, application)
    let direct = MemoryLog()
    let expected = RegistryView(direct)
    for i in 0..<60 {
      let entry = random.entry()
      _ = try base.append(RegistryOperation.putEntry(entry).encoded())
      try expected.put(entry)
      #expect(try application.database(base).get(entry.name) == entry)
      if i % 10 == 9 {
        _ = try base.append([9, 9])
        _ = try base.append(RegistryOperation.deleteEntry(EntryName(entry.name)).encoded())
        try expected.delete(entry.name)
      }
    }
    let view = try base.view(RegistryView.name)
    #expect(view.length == direct.length)
    #expect(view.signedLength == direct.length)
    for i in 0..<direct.length { #expect(try view.block(at: i) == direct.block(at: i)) }
    #expect(application.rule.counts[.unknownOperation] == 6)
    let again = RegistryApplication()
    let reopened = try Autobase(storage, again)
    #expect(try again.database(reopened).count() == expected.count())
    #expect(again.rule.counts.isEmpty)
  }
}
