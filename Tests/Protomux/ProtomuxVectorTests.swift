import CompactEncoding
import JSON
import Protomux
import TestSupport
import Testing

/// `02-protomux`: every case replayed on two muxers, and every frame of the other recordings read again.
@Suite struct ProtomuxVectorTests {
  @Test func conversations() throws {
    let cases = try Vectors.load("02-protomux").list("cases")
    #expect(cases.count > 0)
    for item in cases {
      var replay = try Replay(item)
      do { try replay.run() } catch { Issue.record("\(replay.name): \(error)") }
    }
  }

  @Test func recordedFramesNeverFail() throws {
    var count = 0
    for file in ["02-protomux", "02-protomux-rpc", "02-hypercore-transcripts"] {
      for item in try Vectors.load(file).list("cases") {
        for frame in try item.list("frames") where frame["hex"] != nil {
          let recorded = try DecodedFrame.recorded(frame.list("decoded"))
          let read = try DecodedFrame.read(frame.hex("hex"))
          #expect(read.parts == recorded.parts && read.isBatch == recorded.isBatch)
          count += 1
        }
      }
    }
    #expect(count > 0)
  }
}
