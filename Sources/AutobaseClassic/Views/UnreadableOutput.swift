public import CompactEncoding

/// An output that an update had to do without, because not all that it needed to read of it is here.
public struct UnreadableOutput {
  /// Key of the output.
  public let key: Fixed32
  /// Why it could not be read. A `LogError.blockNotAvailable` names a block to fetch.
  public let error: any Error
}
