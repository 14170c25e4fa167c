import Hypercore

/// The signed part of a view core, decrypted, as it was learned from others.
final class DecryptedLog: ReadableLog {
  private let log: any ReadableLog
  private let cipher: (any BlockEncryption)?

  init(_ log: any ReadableLog, _ cipher: (any BlockEncryption)?) {
    self.log = log
    self.cipher = cipher
  }

  var length: UInt64 { log.length }
  var fork: UInt64 { log.fork }
  var epoch: UInt64 { log.epoch }

  func block(at index: UInt64) throws -> [UInt8] {
    let stored = try log.block(at: index)
    return try cipher?.decrypt(stored, at: index) ?? stored
  }

  func snapshot() throws -> any ReadableLog { DecryptedLog(try log.snapshot(), cipher) }
  func reading<R>(_ body: () throws -> R) throws -> R { try log.reading(body) }
}
