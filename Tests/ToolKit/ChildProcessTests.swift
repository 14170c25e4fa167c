import Glibc
import TestSupport
import Testing
import ToolKit

@Suite struct ChildProcessTests {
  private func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&item, 1, milliseconds) > 0
  }

  @Test func itsEndIsToldWhileOthersHoldItsPipes() throws {
    var child = try ChildProcess("sleep 60 & read -r line; exit 7", environment: [:], capturesErrors: true)
    #expect(child.end >= 0 && !isReadable(child.end, milliseconds: 50) && child.status() == nil)
    child.closeInput()
    #expect(isReadable(child.end, milliseconds: 20_000))
    #expect(child.status() == 7)
    // It is asked again without waiting, and what it left has ended.
    #expect(child.status() == 7 && child.waitForEnd(until: .now) == 7 && child.end < 0)
    #expect(isReadable(child.output, milliseconds: 20_000))
    var byte: UInt8 = 0
    #expect(read(child.output, &byte, 1) == 0)
  }
}
