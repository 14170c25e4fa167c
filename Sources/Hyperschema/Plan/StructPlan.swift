import CompactEncoding

/// A struct, ready for use: every field knows its position, its bits and how it is written.
final class StructPlan: Sendable {
  let name: String
  let fields: [FieldPlan]
  /// The names of the fields, shared by all records of the struct.
  let layout: Record.Layout
  /// The index of the field that the flags precede, −1 for none.
  let flagsPosition: Int
  /// Flag bits, those of inline structs included.
  let bits: Int
  /// Bytes of the flags when their width is fixed, else nil.
  let flagsWidth: Int?
  /// Whether the flags are written though the field that they precede is not: see ``derived(external:)``.
  let writesFlags: Bool
  /// Whether flags are read even when no bytes remain.
  let readsFlagsAlways: Bool

  init(
    name: String, fields: [FieldPlan], layout: Record.Layout, flagsPosition: Int, bits: Int, flagsWidth: Int?,
    writesFlags: Bool, readsFlagsAlways: Bool
  ) {
    self.name = name
    self.fields = fields
    self.layout = layout
    self.flagsPosition = flagsPosition
    self.bits = bits
    self.flagsWidth = flagsWidth
    self.writesFlags = writesFlags
    self.readsFlagsAlways = readsFlagsAlways
  }

  /// The struct without the bodies of some fields, as a database stores a record beside its key: these fields keep
  /// their flag bit, which is never set, and read as null. The flags precede the first optional field, counting all.
  ///
  /// When that field is itself left out the reference writes no flags, but reads some; so does this.
  func derived(external: Set<String>) -> StructPlan {
    var fields = fields
    for i in fields.indices where external.contains(layout.names[i]) { fields[i].isExternal = true }
    let position = fields.firstIndex { !$0.isRequired || $0.isInline } ?? -1
    return StructPlan(
      name: name, fields: fields, layout: layout, flagsPosition: position, bits: bits, flagsWidth: flagsWidth,
      writesFlags: position >= 0 && !fields[position].isExternal, readsFlagsAlways: readsFlagsAlways)
  }
}

/// A field of a struct, ready for use.
struct FieldPlan: Sendable {
  /// How the flags tell of the field.
  enum Presence: Sendable {
    /// Always written.
    case always
    /// Written when the bit is set.
    case bit(Int)
    /// Never written: the bit is the value.
    case flag(Int)
    /// Never written: the bits from a position on are the value.
    case bits(Int, width: Int)
    /// An inline struct whose bits start at a position, behind its own presence bit if it is optional.
    case inline(structure: Int, presence: Int?, first: Int)
  }

  let node: Node
  let presence: Presence
  let isRequired: Bool
  let isInline: Bool
  let version: Int
  /// What is read when the field was not written.
  let absent: Value
  /// Whether the field is stored elsewhere.
  var isExternal = false

  /// Whether the field exists at a schema version. Fields of the first version exist at every version.
  @inline(__always)
  func exists(at version: Int) -> Bool { self.version == 1 || version >= self.version }
}
