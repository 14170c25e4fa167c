/// # Hyperschema
///
/// Structures whose shape is a JSON file, `schema.json`, and can grow from version to version. This module interprets
/// such files: ``Schema`` compiles one and encodes and decodes dynamic values with it; ``SchemaBuilder`` makes the
/// next version of one and refuses changes that would break what is already written.
///
/// ## The file
///
/// `{version, schema: [type…], namespaces?}`. A type's full name is `@namespace/name`, or `name` alone when its
/// namespace is null. Its kind is the first of these members that it has:
///
/// | member | kind | further members |
/// |---|---|---|
/// | `alias` | another name for the type `alias` | `version` |
/// | `enum` | one of `[{key, version}…]` | `offset` (default 1), `strings` |
/// | `array: true` | list of `type` | `type` |
/// | `record: true` | object of `value`s | `key`, `value` |
/// | `external` | made by code that is not in the file | |
/// | `versions` | one of several structs | `[{type, map, version}…]` |
/// | otherwise | struct | `compact`, `flagsPosition`, `fields` |
///
/// A field is `{name, required, array, record, inline, type, version}`; members that were not given are left out.
/// `type` is a primitive of ``CompactEncoding`` or the full name of a type.
///
/// ## The bytes of a struct
///
/// The fields in order. Immediately before the field at index `flagsPosition` stands the *flags* number
/// (`flagsPosition` is −1 when there is none, and by default the index of the first optional or inline field).
///
/// * An **optional** field owns one flag bit, assigned in the order of declaration from bit 0. It is written only when
///   *present*: its value is truthy (not null, false, 0, NaN or "") and its version is 1 or not above the version in
///   use. An empty text is therefore the same as none; empty bytes, arrays and objects are present.
/// * A **required** field is always written.
/// * `bool` is only its bit. `uint1` … `uint7` are only bits: the low k bits of the value, at the field's position.
/// * The flags are a `uint`. In a compact struct, since release 1.19 of the reference, they have a fixed width: the
///   fewest bytes, at least one, that hold all bits.
/// * A struct inside another type is **framed** (behind its length in bytes), required or not; a **compact** struct is
///   bare, and must never grow. The items of a record are bare in any case. At the top nothing is framed.
/// * An **inline** field is a compact struct whose flag bits lie in its parent's flags, behind the field's own presence
///   bit if it is optional; its other fields follow without flags of their own.
/// * An enum is a `uint`: index of the key plus `offset`.
/// * A versioned value is a `uint` version and the first listed struct with that version or a higher one.
///
/// Reading stops at the last known field; what follows, up to the end of the frame, is ignored. Flags are read
/// unconditionally when the first optional field has the version of every field before it; otherwise, since all
/// optional fields came later, only when bytes remain. A field that was not written gets 0 (numbers, numeric enums,
/// big integers), false, or null (everything else).
///
/// Source: spec 04 §4. The flags and nulls of older releases are described by ``Dialect``.
