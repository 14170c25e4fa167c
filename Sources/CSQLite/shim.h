#include <sqlite3.h>

/* SQLITE_STATIC and SQLITE_TRANSIENT are casts that do not import; a static binding is the only one used. */
static inline int hypertools_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return count == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                    : sqlite3_bind_blob(statement, index, bytes, count, SQLITE_STATIC);
}

static inline int hypertools_bind_text(sqlite3_stmt *statement, int index, const char *text, int count) {
  return sqlite3_bind_text(statement, index, count == 0 ? "" : text, count, SQLITE_TRANSIENT);
}

/* sqlite3_file_control with its one untyped argument given a type. */
static inline int hypertools_data_version(sqlite3 *database, unsigned int *version) {
  return sqlite3_file_control(database, "main", SQLITE_FCNTL_DATA_VERSION, version);
}

static inline int hypertools_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return count == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                    : sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

/* The shared memory in which SQLite keeps its index of the write-ahead log, asked for by SQLite's own interface and
   mapped already by any earlier transaction; null when there is none. It stays mapped until the database is closed. */
static inline const volatile void *hypertools_wal_index(sqlite3 *database) {
  sqlite3_file *file = 0;
  volatile void *memory = 0;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file) return 0;
  if (!file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap) return 0;
  return file->pMethods->xShmMap(file, 0, 32768, 0, &memory) == SQLITE_OK ? memory : 0;
}

/* The header of that index: 48 bytes that change with every commit of anybody (sqlite.org/walformat.html, 2.1). */
static inline void hypertools_wal_header(const volatile void *memory, unsigned long long header[6]) {
  for (int i = 0; i < 6; i++) header[i] = ((const volatile unsigned long long *)memory)[i];
}

/* Waits until the write-ahead log of the database is on disk, through SQLite's own file and so through its VFS. */
static inline int hypertools_sync_wal(sqlite3 *database) {
  sqlite3_file *file = 0;
  int code = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  if (code != SQLITE_OK || !file || !file->pMethods) return code;
  return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}
