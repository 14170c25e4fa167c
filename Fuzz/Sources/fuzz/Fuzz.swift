import CAllocations
import FuzzTargets
import Glibc

/// The target that this process tries: the one that `FUZZ_TARGET` names.
private let target: FuzzTarget = {
  guard let name = getenv("FUZZ_TARGET").map({ String(cString: $0) }), let target = FuzzTarget.named(name) else {
    stop("FUZZ_TARGET names no target; there are: \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
  }
  return target
}()

private func tell(_ message: String) {
  let line = Array("fuzz: \(message)\n".utf8)
  _ = write(2, line, line.count)
}

private func stop(_ message: String) -> Never {
  tell("error: \(message)")
  exit(2)
}

/// Lists the targets, writes a target's seeds to the folder `FUZZ_SEEDS`, or leaves the work to libFuzzer.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  if getenv("FUZZ_LIST") != nil {
    for target in FuzzTarget.all { print("\(target.name)\t\(target.maximumByteCount)\t\(target.summary)") }
    exit(0)
  }
  guard let folder = getenv("FUZZ_SEEDS").map({ String(cString: $0) }) else {
    // Tables that are made on first use are no part of what an input costs.
    for seed in (try? target.seeds())?.prefix(50) ?? [] { _ = try? target.run(seed) }
    return 0
  }
  do {
    for (number, seed) in try target.seeds().enumerated() {
      guard let file = fopen("\(folder)/seed-\(number)", "wb") else { stop("cannot write to \(folder)") }
      fwrite(seed, 1, seed.count, file)
      fclose(file)
    }
  } catch {
    stop("\(error)")
  }
  exit(0)
}

/// Tries one input. What does not hold stops the program, which makes libFuzzer keep the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  let target = target
  allocations_begin(FuzzTarget.allowedByteCount + target.memoryFactor * count)
  do {
    _ = try target.run(input)
  } catch {
    tell("\(target.name): \(error)")
    abort()
  }
  var total = 0
  _ = allocations_end(&total)
  return 0
}
