import RegistryNode

extension RegistryMethod {
  /// The types of request and reply (spec 04 §9.4); nil where nothing is sent.
  var types: (request: String?, reply: String?) {
    switch self {
    case .putEntry: ("@registry/entry", nil)
    case .deleteEntry: ("@registry/entry-name", nil)
    case .getEntry: ("@registry/entry-name", "@registry/entry-result")
    case .getEntryByDriveKey: ("@registry/drive-key", "@registry/entry-result")
    case .listEntries: ("@registry/list-request", "@registry/list-response")
    case .status: (nil, "@registry/status")
    case .nodeStatus: (nil, nil)
    case .addWriter, .removeWriter: ("@registry/writer", nil)
    }
  }
}
