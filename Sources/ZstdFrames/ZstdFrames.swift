/// # Zstd frames
///
/// Files that are rows of zstd frames (RFC 8878) with a checksum each, so that damage is found and told by its place,
/// and `zstd -d` unpacks them.
///
/// * ``FrameWriter`` and ``FrameReader`` carry a stream of bytes that is cut into frames of 4 MiB.
/// * ``FrameCompressor`` and ``FrameDecompressor`` make one frame of one piece of bytes and back; ``FrameScanner`` cuts
///   a stream into such frames. ``FramePipeline`` compresses on a thread of its own.
/// * ``SeekTable`` at the end tells where each frame begins, in the seekable format of the zstd project: a skippable
///   frame, which other programs pass over.
///
/// Nothing here reads or writes files; memory is bounded by what one frame may hold.
