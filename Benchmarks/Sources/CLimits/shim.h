/* What the limits are measured with: the C libraries themselves, under a module of their own. */
#include <sodium.h>
#include <sqlite3.h>
#include <sys/vfs.h>
#include <zstd.h>

/* SQLITE_STATIC is a cast that does not import. */
static inline int limits_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return sqlite3_bind_blob(statement, index, bytes, count, SQLITE_STATIC);
}

/* The magic number of the file system of a path, 0 when unknown. */
static inline unsigned long limits_file_system(const char *path) {
  struct statfs information;
  return statfs(path, &information) == 0 ? (unsigned long)information.f_type : 0;
}
