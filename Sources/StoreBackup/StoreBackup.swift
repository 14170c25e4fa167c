/// # Store backup
///
/// One file that holds a store as it was at one moment, made while others write, and checked by whoever reads it.
///
/// It is a tape archive (POSIX `ustar`) compressed by zstd, so that `tar --zstd -tvf` shows it:
///
/// | file | content |
/// |---|---|
/// | `manifest.json` | ``BackupManifest``: the logs with their lengths and tree hashes, the files with their BLAKE2b-256 |
/// | `store.db` | the database of the store, one read snapshot of it, without free pages |
/// | `secrets/…` | only if asked for: the files of the store's secrets |
///
/// The compressed stream is a row of frames of at most 4 MiB of content, each with a checksum, so that damage is found
/// and told by its place. Writing and reading take constant memory.
///
/// A backup must not bring a writer back: a log that others have seen longer than it is in the backup would fork at its
/// next block. So a store that is restored gets a new primary key, and a new local log, unless that is asked for with
/// proof that nobody has seen more.
///
/// ``BackupWriter`` writes, ``BackupReader`` checks and unpacks, ``Restoration`` makes a store of it.
