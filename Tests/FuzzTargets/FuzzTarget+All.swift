extension FuzzTarget {
  /// Everything that reads what somebody else wrote.
  public static let all: [FuzzTarget] = [
    streams, archives, classic, apply, backups, schema, hyperbee, replication, protomux, json, definitions, hypercore,
    proofs, signatures, autobase, registry,
    primitives, codecNames, indexKeys, replicationMessages, rpc, secureStream, arguments,
  ]
}
