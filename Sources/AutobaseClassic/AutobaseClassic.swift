/// # Autobase, the classic API
///
/// Several logs, the *inputs*, are merged into one order that everybody who has the same logs computes alike. There are
/// no members, votes or signatures beyond those of the logs: which logs are inputs is told from outside. What is made
/// of the order, a *view*, is a log again, an *output*: it is cut back and extended when the order changes.
///
/// A base is classic or one of the consensus engine (module `Autobase`). Oplogs of that engine can be inputs here, to
/// be read; they are never written.
///
/// ## Clocks
///
/// A clock maps keys of inputs to the sequence number, counted from 0, of the newest entry that is covered. Inputs of
/// which nothing is covered have no entry. ``CausalClock`` holds sequence numbers: what entries link to, where streams
/// begin. ``LengthClock`` holds lengths, one more: what ``ClassicAutobase/clock()`` tells. The *operations* of a clock
/// are the number of entries that it covers, Σ (seq + 1).
///
/// Entry n *sees* entry m if n's clock covers it: `n.clock[m.key] ≥ m.seq`. Every entry sees the one before it in its
/// own input: readers set `clock[own key] = seq − 1`, and remove it at seq 0, whatever is stored.
///
/// ## Formats
///
/// A log has one format, told by block 0 (``NodeFormat``). In the two classic formats block 0 has a *header* with the
/// name of a protocol, `@autobase/input/v1` or `@autobase/output/v1`: in the older one the block begins with it, in the
/// newer one it is a field. What has no such header and decodes as an oplog message is an oplog.
///
/// The older layout (alpha.8, ``Alpha8Block``):
///
/// ```
/// input   header · clock · value buffer · index uint · rest uint
/// output  header · change fixed32 · clock · value buffer · index uint · rest uint
///
/// header  uint 0, or in block 0: uint 1, string protocol
/// clock   array of (key fixed32, seq uint), sorted by key bytes
/// ```
///
/// The newer layout (alpha.9, ``Alpha9Block``):
///
/// ```
/// fields u8 {1 keys, 2 header, 4 change, 8 batch, 16 clock, 32 operations}
/// [keys array of fixed32] [header: uint 1, string protocol] [change pointer] [index uint, rest uint]
/// [clock array of (pointer, seq uint)] [operations uint] value buffer
///
/// pointer  seq uint, offset uint: key number offset of the list of keys in block seq of the same log
/// ```
///
/// A *batch* of n values is n blocks; number i has index i and rest n − 1 − i. Only its last block has the clock (in
/// the older layout the others have an empty one), and in the newer layout only its first block has new keys, which the
/// clock of the last one points to. Every member counts as having that clock. A value on its own is a batch of one; the
/// newer layout has no batch field then in inputs.
///
/// Inputs have no change and no operations. The older layout leaves the entry of the own input out of the clock; the
/// newer one keeps it where it was given. The newer layout lists a clock in the order in which it was given (the
/// default clock: in the order of the inputs, then what is carried over), writes a key in the first block that needs
/// it, and points to it from then on; a process that opens a log knows the keys that the newest block points to, and
/// may write others again. Bytes behind the last field are ignored; writers in JavaScript leave one there when a list
/// of keys turned out empty, and none is written here.
///
/// ## Oplogs
///
/// An oplog message names heads (key, length), not a clock. Its clock is derived: what the entry before it and all its
/// heads have seen, and these themselves.
///
/// ```
/// clock(n) = max over h in heads(n) ∪ { own previous } of ( clock(h) ∪ { h.key: h.length } )      as lengths
/// ```
///
/// Heads in logs that are not inputs count as themselves only; entries of classic inputs have seen what their stored
/// clock says. Derived clocks are computed once, oldest first, and kept: eight bytes for each entry and input. A
/// message counts its batch down: `rest = batch − 1`, and the batch begins where the count no longer grows going back.
/// A message without a value is an *ack*: part of clocks and of the order, given by streams only on demand.
///
/// ## Appending
///
/// The clock of a new batch is the one given, or the newest entry of every input. To it are added, from the clock of
/// the newest block of the log that is appended to, all entries of inputs that it does not name, except of the log
/// itself. So what was linked stays linked when an input is removed from the base.
///
/// ## Causal order
///
/// ``CausalStream`` goes from the newest entries to the oldest:
///
/// ```
/// heads = newest entry of every input in the start clock
/// until there are no heads:
///   forks   = heads that no other head sees
///   size(f) = Σ over (k, s) in f.clock of max(0, s + 1 − max over other forks o of (o.clock[k] + 1, or 0))
///   next    = the fork with the smallest size; of several the one with the smallest key
///   P       = { key(h): h.seq for all heads h }                           the prefix clock, next included
///   pass next, with P; the entry before it in its input takes its place, or none
///   if next was the last of a batch: pass the other members as well, all with the same P
/// ```
///
/// So short branches are newest and long ones oldest. What the clock of a fork covers counts, also of inputs that are
/// not members. Keys are compared as unsigned bytes; the reference compares them as text, which is the same for ASCII.
/// The older version has no rule for ties but the order of the inputs, and none for batches: see ``CausalOrder``. A
/// stream that begins inside a batch passes its members one by one. Heads without a fork see each other in a circle,
/// which no honest writer makes: ``ClassicError/cycle(keys:)``.
///
/// Nothing is passed that depends on something missing: a link to an entry of a member behind its known length is
/// ``ClassicError/unavailable(key:seq:length:)``, and so is a block that is not stored. Links to logs that are not
/// members are ignored. Two streams that come past the same prefix clock go on alike; that is what views rely on.
///
/// The forks and their sizes are not computed anew for each entry. In every column (an input) of the forks' clocks only
/// the largest value counts, for the fork that has it, less the second largest; these two are kept for each column and
/// the sum for each fork, and a head that is replaced costs one pass over its row, and over the forks in those columns
/// where it was among the two.
///
/// ## Satisfiable clock
///
/// On a base that is not sparse, the newest clock is reduced: every input steps back to the end of its last whole
/// batch; then, as long as the newest entry of some input links to what the clock does not cover, or to a log that is
/// not a member, that input steps back by a batch. An input of which nothing is left has no entry.
///
/// ## Reading from the oldest entry on
///
/// ``ReadStream`` holds the next entry of each input, at its position, and gives one that sees none of the others, the
/// one that was read first. Positions begin at those of a checkpoint, else at 0, or at the end of the input for a tail.
/// If it is not live, inputs end where they ended when it was opened, and no others are read, unless a hook may add
/// some.
///
/// ## Members
///
/// Inputs and outputs are known by their keys; each change counts, and of two batches of changes begun at the same
/// count only one can be committed. A removed input's entries vanish from new streams, and links to it are ignored. A
/// *frozen* input (``ClassicAutobase/freezeInput(_:at:)``) counts as if it ended at that length, or at the end of the
/// last batch before: in clocks and streams, and what is linked behind its end is not asked for. It counts in sizes as
/// it is written, as links to removed inputs do: so what lies in front of a prefix clock is the same whatever was
/// frozen or removed since, and views go on. Streams that are open do not change: a causal stream goes on with the
/// members it began with, a read stream leaves out what was removed.
///
/// ## Views
///
/// A view is the list of blocks that an apply function makes of the order, one call for each batch, oldest first. After
/// each call there is a *mark*: the prefix clock, and the length of the view. An update looks for the newest place of
/// the order at which the view has been before:
///
/// ```
/// pending = []
/// for node in the causal stream from the newest clock:
///   if a mark has exactly node's prefix clock: cut = its length; stop
///   pending += node                                                                 none found: cut = 0
/// removed = length − cut; truncate to cut
/// for each batch of pending, oldest first: apply it; note a mark
/// added = number of blocks that were appended
/// ```
///
/// The blocks of a call all carry its prefix clock and are a batch, so an output tells its own marks: they end at the
/// blocks with rest 0, and their operations grow along the log. To look one up takes few reads, since only the newest
/// block with at most as many operations can match. A call that appended nothing leaves no block: its mark is
/// known until the process ends, and then it is called again when it comes after the last block that is kept.
///
/// With a *local output* the log is truncated to the cut and the new entries are appended, the header in block 0, in
/// one transaction if the log's storage has any. With *remote outputs* the stream is followed until any of them, or the
/// view as it was, has the place; the first in the list wins, and an output wins over the view. Then `removed` counts
/// the blocks that are not the same as before, and `added` those that were applied here, without those that came with
/// the output. An output that is removed is not read any more. Entries of removed inputs end every mark that has their
/// key, so a view falls back to before the first of them.
///
/// See ``LinearizedView`` for how views are used.
///
/// Source: spec 03b.
