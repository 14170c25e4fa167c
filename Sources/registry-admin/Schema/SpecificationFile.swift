import ArgumentParser

/// One of the three files.
enum SpecificationFile: String, CaseIterable, ExpressibleByArgument {
  case schema = "schema.json"
  case database = "db.json"
  case dispatch = "dispatch.json"

  /// The folder in which the JavaScript builders put it.
  var folder: String {
    switch self {
    case .schema: "hyperschema"
    case .database: "hyperdb"
    case .dispatch: "hyperdispatch"
    }
  }
}
