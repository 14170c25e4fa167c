import HyperDB
import Hyperdispatch
import Hyperschema
import JSON
import ToolKit

/// What somebody wrote to get the three files: types, collections, indexes and operations in the order of their
/// registration, possibly in stages, see `registry-admin(1)`.
struct Description {
  /// The lists of a description.
  enum List: String, CaseIterable {
    case types, collections, indexes, operations

    /// The members that an item may have. Others would be passed over in silence by the builders.
    var members: Set<String> {
      switch self {
      case .types:
        [
          "name", "namespace", "compact", "flagsPosition", "fields", "alias", "enum", "offset", "strings", "array",
          "type", "record", "key", "value", "external", "versions",
        ]
      case .collections: ["name", "namespace", "schema", "key", "versionField", "trigger", "unsafe"]
      case .indexes: ["name", "namespace", "collection", "key", "unique", "deprecated", "unsafe"]
      case .operations: ["name", "namespace", "requestType", "id"]
      }
    }
  }

  /// A type, collection, index or operation.
  struct Item {
    var name: String
    var namespace: String?
    var json: JSON
    var fullName: String { namespace.map { "@\($0)/\(name)" } ?? name }
  }

  typealias Stage = [List: [Item]]

  private(set) var stages: [Stage] = []
  /// The version that the database has for ever, instead of one that goes up.
  let databaseVersion: Int?
  let databaseOffset: Int
  let dispatchOffset: Int
  private let name: String

  private static let members: Set<String> = [
    "namespace", "stages", "databaseVersion", "databaseOffset", "dispatchOffset",
  ]

  /// Reads a description; `name` is what messages call it.
  ///
  /// - Throws: ``ToolError`` with status ``ExitStatus/usage``.
  init(_ json: JSON, name: String) throws(ToolError) {
    self.name = name
    guard let object = json.object else { throw ToolError(.usage, "\(name): a description is a JSON object") }
    let lists = Set(List.allCases.map(\.rawValue))
    try Self.check(object, Self.members.union(lists), name)
    databaseVersion = try Self.number(json, "databaseVersion", name)
    databaseOffset = try Self.number(json, "databaseOffset", name) ?? 0
    dispatchOffset = try Self.number(json, "dispatchOffset", name) ?? 0
    let namespace = json["namespace"]?.string
    guard let given = json["stages"] else {
      stages = [try Self.stage(json, namespace, name)]
      return
    }
    guard let list = given.array, !list.isEmpty, lists.isDisjoint(with: object.keys) else {
      throw ToolError(.usage, "\(name): stages is a list, and everything is in one of them")
    }
    var stage: Stage = [:]
    for (i, item) in list.enumerated() {
      let place = "\(name): stage \(i + 1)"
      guard let object = item.object else { throw ToolError(.usage, "\(place) is no object") }
      try Self.check(object, lists, place)
      stage = Self.join(stage, try Self.stage(item, namespace, place))
      stages.append(stage)
    }
  }

  private static func stage(_ json: JSON, _ namespace: String?, _ place: String) throws(ToolError) -> Stage {
    var stage: Stage = [:]
    for list in List.allCases {
      guard let given = json[list.rawValue] else { continue }
      guard let items = given.array else { throw ToolError(.usage, "\(place): \(list.rawValue) is no list") }
      for (i, item) in items.enumerated() {
        guard let object = item.object, let name = item["name"]?.string, !name.isEmpty else {
          throw ToolError(.usage, "\(place): \(list.rawValue)[\(i)] has no name")
        }
        try check(object, list.members, "\(place): \(name)")
        if list == .types {
          for field in item["fields"]?.array ?? [] {
            try check(
              field.object ?? JSONObject(), ["name", "required", "array", "record", "inline", "type"],
              "\(place): a field of \(name)")
          }
        }
        stage[list, default: []].append(
          Item(name: name, namespace: item["namespace"]?.string ?? namespace, json: item))
      }
    }
    return stage
  }

  /// All that is described so far: what comes again replaces what was there, in its place.
  private static func join(_ before: Stage, _ next: Stage) -> Stage {
    before.merging(next) { old, new in
      var items = old
      for item in new {
        if let place = items.firstIndex(where: { $0.fullName == item.fullName }) {
          items[place] = item
        } else {
          items.append(item)
        }
      }
      return items
    }
  }

  private static func check(_ object: JSONObject, _ known: Set<String>, _ place: String) throws(ToolError) {
    guard let unknown = object.keys.first(where: { !known.contains($0) }) else { return }
    throw ToolError(
      .usage, "\(place): no member is called \(unknown)", hint: "there are: \(known.sorted().joined(separator: ", "))")
  }

  private static func number(_ json: JSON, _ member: String, _ name: String) throws(ToolError) -> Int? {
    guard let value = json[member], !value.isNull else { return nil }
    guard let number = value.integer, (0...Int64(Int32.max)).contains(number) else {
      throw ToolError(.usage, "\(name): \(member) is no number from 0 to \(Int32.max)")
    }
    return Int(number)
  }
}
