/// # Registry
///
/// A registry of models that many writers keep together: its types and operations, the database that the ordered
/// operations become, and the rule that turns one into the other.
///
/// | part | what |
/// |---|---|
/// | ``RegistrySpecification`` | `schema.json`, `dispatch.json`, `db.json`, as text and compiled |
/// | ``Entry``, ``ListRequest``, ``Status`` … | the types as structures, byte for byte those of the interpreter |
/// | ``RegistryOperation`` | what a writer appends to its log |
/// | ``RegistryView`` | the database: entries by name, drive, type and owner |
/// | ``RegistryApply`` | the rule: an operation, the view and a host go in, a changed view comes out |
///
/// ## The rule
///
/// * *add-writer* makes the key an indexer. *remove-writer* ends a membership, unless it is that of the last indexer.
/// * *put-entry* inserts the entry in a transaction of its own; the same entry again appends nothing to the view.
/// * *delete-entry* deletes by name; an unknown name appends nothing.
/// * Keys of another length than 32 bytes, operations with an unknown id, and bytes that are no operation are ignored
///   and counted. An error would stop every node, and all of them hold the same bytes.
///
/// Source: spec 04 §8, §9. The JavaScript workshop knows ids 0 and 1 only and stops at others.
