internal import Pipelines

/// Compresses pieces on a thread of its own, in order, while the next one is made.
///
/// A few pieces wait at most; whoever brings more waits with them. What the sink throws ends the work, and is thrown to
/// whoever brings the next piece, or waits for the end. The sink is called on the other thread, one call at a time.
public final class FramePipeline {
  private let pipeline: Pipeline<[UInt8]>

  /// A pipeline.
  ///
  /// - Parameters:
  ///   - level: one of ``FrameCompressor/levels``.
  ///   - sink: takes each frame, and the size of its content.
  public init(level: Int, _ sink: @escaping (_ frame: UnsafeRawBufferPointer, _ contentSize: Int) throws -> Void) {
    let compressor = FrameCompressor(level: level)
    pipeline = Pipeline { content in try compressor.withFrame(of: content) { try sink($0, content.count) } }
  }

  /// Brings a piece.
  ///
  /// - Throws: what the sink threw for an earlier one.
  public func submit(_ content: [UInt8]) throws { try pipeline.submit(content) }

  /// Waits until all pieces went to the sink.
  ///
  /// - Throws: what the sink threw.
  public func drain() throws { try pipeline.drain() }
}
