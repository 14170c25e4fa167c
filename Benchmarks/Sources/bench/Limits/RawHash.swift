import CLimits
import Glibc

/// BLAKE2b-256 and Ed25519 straight from libsodium.
enum RawHash {
  /// Hashes the bytes once, on memory that is already there.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) {
    crypto_generichash(
      output.assumingMemoryBound(to: UInt8.self), 32, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
      UInt64(bytes.count), nil, 0)
  }

  /// A round of hashing pieces of these sizes, all of them an operation.
  static func round(_ sizes: [Int], budget: Double) -> Sample {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: (sizes.max() ?? 0) + 64, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 7)
    defer { memory.deallocate() }
    var output = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    return repeated(for: budget, step: 64) {
      for _ in 0..<64 {
        for size in sizes {
          withUnsafeMutableBytes(of: &output) {
            hash(UnsafeRawBufferPointer(rebasing: memory[..<size]), into: $0.baseAddress!)
          }
        }
      }
    }
  }

  /// A round of checking one signature again and again.
  static func verifying(budget: Double) -> Sample {
    let signer = RawSigner()
    return repeated(for: budget, step: 16) {
      for _ in 0..<16 { signer.verify() }
    }
  }

  /// A round of making `count` signatures for every `step` operations.
  static func signing(count: Int, step: Int = 1, budget: Double) -> Sample {
    let signer = RawSigner()
    return repeated(for: budget, step: step) {
      for _ in 0..<count { signer.sign() }
    }
  }

  /// A round of making some signatures and checking some for each operation.
  static func signingAndVerifying(signatures: Int, checks: Int, budget: Double) -> Sample {
    let signer = RawSigner()
    return repeated(for: budget) {
      for _ in 0..<signatures { signer.sign() }
      for _ in 0..<checks { signer.verify() }
    }
  }
}

/// A key pair that signs one message of 112 bytes, by libsodium alone.
private final class RawSigner {
  private var publicKey = [UInt8](repeating: 0, count: 32)
  private var secretKey = [UInt8](repeating: 0, count: 64)
  private var signature = [UInt8](repeating: 0, count: 64)
  private let message = [UInt8](repeating: 9, count: 112)

  init() {
    _ = sodium_init()
    crypto_sign_keypair(&publicKey, &secretKey)
    sign()
  }

  func sign() {
    crypto_sign_detached(&signature, nil, message, UInt64(message.count), secretKey)
    keep(signature)
  }

  func verify() { keep(crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey)) }
}
