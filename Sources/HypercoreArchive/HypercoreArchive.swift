/// # Hypercore archive
///
/// One file, or one pipe, that holds logs: all that is needed to check every block against the log's key, compressed,
/// and open for reading at any place.
///
/// A file is a row of zstd frames with a checksum each, and a seek table (``SeekTable``), so that `zstd -d` unpacks it.
/// Each frame is a *section*. A section is what the same log and the same blocks always give, so that two archives of one
/// log at one length are equal byte by byte.
///
/// | section | content |
/// |---|---|
/// | header | `"hc-archive"` (10 bytes) ‖ `uint` version, 1 |
/// | log | `"L"` ‖ flags(1) ‖ key(32) ‖ [01: `string` name] ‖ [02: `buffer` manifest] ‖ `uint` fork ‖ `uint` length ‖ `array` roots ‖ [04: `buffer` signature] |
/// | blocks | `"B"` ‖ `uint` number of the log ‖ `uint` first block ‖ `uint` count ‖ `array` proof ‖ count × `uint` size ‖ the blocks |
/// | end | `"E"` ‖ `uint` number of logs ‖ for each log: `uint` number of block sections ‖ for each of them: `uint` blocks left out before it ‖ `uint` count |
///
/// The header comes first, then each log with its blocks in order behind it, then the end. Flag 08 of a log says that all
/// of its blocks follow; without it some may be left out, as in a log that was downloaded in part. Numbers, strings,
/// buffers and arrays are compact-encoded, nodes are `uint index ‖ uint size ‖ hash(32)`.
///
/// A log section is proven by its key: the manifest hashes to it, and the signature is one of the tree that the roots
/// make. A block section is proven by itself, against those roots: its proof is that of ``RangeProof``. So damage is told
/// by the place where it is, nothing has to be kept between sections, and a block from the middle of the file can be
/// trusted as much as all of them.
///
/// A section has about 1 MiB of blocks, and more than one block only when they fit; a section of more than 64 MiB is
/// refused. Blocks stand as they are stored: those of encrypted logs are encrypted.
///
/// ``ArchiveWriter`` writes sections and ``LogExport`` a log; ``ArchiveReader`` reads and checks a stream, ``ArchiveImport``
/// takes one into a store; ``ArchiveFile`` reads blocks from the middle of a file.
///
/// Writing and reading take constant memory, apart from about 20 bytes a section for the tables at the end.
public enum HypercoreArchive {
  /// The version of the format that is written, and the newest that is read.
  public static let version: UInt64 = 1
  /// The beginning of the content of every archive.
  static let magic = Array("hc-archive".utf8)
  /// Bytes of the largest section.
  static let sectionLimit = 64 << 20
  /// Bytes of blocks that a section is meant to have.
  static let sectionSize = 1 << 20
  /// Most blocks of a section.
  static let sectionBlockLimit = 1 << 16

  /// The first byte of a section that is not the header.
  enum Kind {
    static let log = UInt8(ascii: "L")
    static let blocks = UInt8(ascii: "B")
    static let end = UInt8(ascii: "E")
  }
}
