/// # Replication
///
/// How two peers exchange logs: one channel of a muxed connection for each log, on which both tell what they have and
/// want, ask for blocks, nodes and newer heads, and prove what they send.
///
/// Source: spec 02 §5 to §11.

public enum Replication {
  /// The protocol's name in a muxer, with the discovery key of a log as id.
  public static let protocolName = "hypercore/alpha"
  /// Another name under which the other side may open the same channel.
  public static let protocolAlias = "hypercore"
}
