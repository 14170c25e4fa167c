/// The version of the tools.
public enum Version {
  /// Semantic version of all tools; they are released together.
  public static let current = "0.1.0"
}
