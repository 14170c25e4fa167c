extension Row {
  /// The table, in the order in which it is printed.
  static let all: [Row] =
    machine + logs + proofs + bees + databases + bases + orders + graphs + causal + classicViews + streams + applyPrograms + archives
    + clusters + wire + calls + replication + nodes + processes
}
