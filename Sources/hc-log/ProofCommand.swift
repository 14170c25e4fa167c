import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import StoreToolKit
import ToolKit

struct ProofCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proof", abstract: "Prove that a block belongs to a log, or check such a proof.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("check"), help: "Read a proof, check it, and write its block.")
  var check = false

  @Option(
    name: .customLong("key"), help: ArgumentHelp("With --check: the log the block must belong to.", valueName: "key"))
  var key: KeyArgument?

  @Flag(name: .customLong("binary"), help: "With --check: write a block to a terminal that is not text.")
  var binary = false

  @Argument(help: "The log and the block's index; with --check the proof's file, - is standard input.")
  var arguments: [String] = []

  func validate() throws {
    if check {
      if arguments.count > 1 { throw ValidationError("--check takes one file") }
    } else {
      if arguments.count != 2 { throw ValidationError("a log and the index of a block are needed") }
      if UInt64(arguments[1]) == nil { throw ValidationError("\(arguments[1]) is no index of a block") }
      if key != nil { throw ValidationError("--key goes with --check") }
    }
  }

  func run() throws {
    let output = Output.standard()
    if check {
      try checkProof(arguments.first ?? "-", output)
    } else {
      try makeProof(output)
    }
    try output.flush()
  }

  private func makeProof(_ output: Output) throws {
    guard let reference = LogReference(argument: arguments[0]), let index = UInt64(arguments[1]) else {
      throw ToolError(.usage, "a log and the index of a block are needed")
    }
    let store = try location.open(isReadOnly: true)
    try store.read {
      let log = try reference.find(in: store)
      guard log.manifest?.signers.count == 1 else {
        throw ToolError(.refused, "a proof that stands alone needs a log whose one signer is known")
      }
      // Asked first for the error that says why there is none.
      _ = try log.block(at: index)
      let proof = try FullyRemoteProof(key: log.key, prover: log.prover(), block: index) { try log.storedBlock($0) }
      var record = JSONObject([("type", "proof")])
      record["core"] = .string(options.text(log.key))
      record["seq"] = .integer(Int64(index))
      record["length"] = .integer(Int64(log.length))
      record["fork"] = .integer(Int64(log.fork))
      record["proof"] = .string(Hex.encode(proof.encoded()))
      try output.line(.object(record))
    }
  }

  private func checkProof(_ path: String, _ output: Output) throws {
    var reader = try RecordReader(path: path, framing: .lines, limit: StreamReader.lineLimit)
    guard let line = try reader.next(), let value = try? JSON(parsing: line),
      let bytes = value["proof"]?.string.flatMap({ Hex.decode($0) })
    else {
      throw ToolError(.usage, "the input is no proof", hint: "`hc-log proof LOG INDEX` makes one")
    }
    let bad = { (reason: String) in ToolError(.integrity, "the proof is not valid: \(reason)") }
    let block: Proof.Block
    do {
      let proof = try FullyRemoteProof(decoding: bytes)
      guard isExact(proof, bytes) else { throw bad("it has bytes that say nothing") }
      guard let found = try proof.check(key: key?.key).block else { throw bad("it has no block") }
      block = found
    } catch let error as MerkleError {
      throw bad("\(error)")
    } catch let error as DecodingError {
      throw bad("\(error)")
    }
    // The other members only repeat what the proof itself says.
    if let seq = value["seq"]?.unsigned, seq != block.index { throw bad("it proves block \(block.index), not \(seq)") }
    guard options.json else {
      try output.writeData(block.value, force: binary)
      return try output.append { $0.append(0x0a) }
    }
    try output.line(["seq": .integer(Int64(block.index)), "value": .string(Hex.encode(block.value))])
  }

  /// Whether every byte of the proof counts: it is the encoding of what was read, and its signature has no parts that
  /// checking passes over.
  private func isExact(_ proof: FullyRemoteProof, _ bytes: [UInt8]) -> Bool {
    guard proof.encoded() == bytes, let signature = proof.proof.upgrade?.signature else { return false }
    return signature.count == 64 || signature.count == 68 && signature.suffix(2) == [0, 0]
  }
}
