import ArgumentParser
import CompactEncoding
import IndexEncoder
import ToolKit

/// Bounds of a search: `--gt`, `--gte`, `--lt`, `--lte`.
struct BoundOptions: ParsableArguments {
  @Option(name: .customLong("gt"), help: ArgumentHelp("Only what comes behind this.", valueName: "field=value"))
  var gt: [String] = []
  @Option(name: .customLong("gte"), help: ArgumentHelp("Only this and what comes behind it.", valueName: "field=value"))
  var gte: [String] = []
  @Option(name: .customLong("lt"), help: ArgumentHelp("Only what comes before this.", valueName: "field=value"))
  var lt: [String] = []
  @Option(name: .customLong("lte"), help: ArgumentHelp("Only this and what comes before it.", valueName: "field=value"))
  var lte: [String] = []

  func validate() throws {
    if !gt.isEmpty, !gte.isEmpty { throw ValidationError("only one of --gt and --gte can be given") }
    if !lt.isEmpty, !lte.isEmpty { throw ValidationError("only one of --lt and --lte can be given") }
  }

  var isEmpty: Bool { gt.isEmpty && gte.isEmpty && lt.isEmpty && lte.isEmpty }

  /// The bounds on a collection or index, of which all records agree with `terms`.
  func bounds(_ entry: SpecificationEntry, _ terms: [String]) throws -> Bounds<Value> {
    let equal = try entry.tuple([], terms)
    func bound(_ terms: [String]) throws -> Value? {
      // A literal nil would be the value null.
      if terms.isEmpty { return Optional.none }
      return entry.query(try entry.tuple(equal, terms))
    }
    let all = equal.isEmpty ? Optional.none : entry.query(equal)
    var bounds = Bounds<Value>(gt: try bound(gt), gte: try bound(gte), lt: try bound(lt), lte: try bound(lte))
    if bounds.gt == nil, bounds.gte == nil { bounds.gte = all }
    if bounds.lt == nil, bounds.lte == nil { bounds.lte = all }
    return bounds
  }
}

/// What a search gives, and in which order: `--limit`, `--reverse`.
struct OrderOptions: ParsableArguments {
  @Option(name: [.customShort("n"), .customLong("limit")], help: ArgumentHelp("At most this many.", valueName: "n"))
  var limit: Int?

  @Flag(name: [.customShort("r"), .customLong("reverse")], help: "Last ones first.")
  var reverse = false

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit takes a number from 0 on") }
  }
}

/// Short forms of the registry's indexes: `--type`, `--owner`, `--drive-key`.
struct RegistryFilter: ParsableArguments {
  @Option(name: .customLong("type"), help: ArgumentHelp("Registry: entries of this type.", valueName: "type"))
  var type: String?
  @Option(name: .customLong("owner"), help: ArgumentHelp("Registry: entries of this owner.", valueName: "owner"))
  var owner: String?
  @Option(name: .customLong("drive-key"), help: ArgumentHelp("Registry: entries of this drive.", valueName: "key"))
  var driveKey: KeyArgument?

  func validate() throws {
    if [type != nil, owner != nil, driveKey != nil].count(where: { $0 }) > 1 {
      throw ValidationError("only one of --type, --owner and --drive-key can be given")
    }
  }

  /// The index and the terms that stand for the option; nil without one.
  var search: (index: String, terms: [String])? {
    if let type { return ("entry-by-type", ["type=" + type]) }
    if let owner { return ("entry-by-owner", ["owner=" + owner]) }
    return driveKey.map { ("entry-by-drive-key", ["driveKey=" + $0.key.description]) }
  }

  /// What is searched: an index by name or by an option, else the only collection, and the terms that are left.
  func target(_ terms: [String], in specification: Specification) throws -> (SpecificationEntry, [String]) {
    if let search {
      if let first = terms.first { throw ToolError(.usage, "\(first) does not go with a registry's short form") }
      return (try specification.entry(named: search.index), search.terms)
    }
    guard let first = terms.first, !first.utf8.contains(UInt8(ascii: "=")) else {
      return (try specification.onlyCollection(), terms)
    }
    return (try specification.entry(named: first), Array(terms.dropFirst()))
  }
}
