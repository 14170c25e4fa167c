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
