#define _GNU_SOURCE
#include "allocations.h"
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_ALLOCATOR
#endif
#endif

#ifdef HAS_OWN_ALLOCATOR
/* The sanitizer has an allocator of its own, which must stay; nothing is counted. */
void allocations_begin(size_t bytes) { (void)bytes; }

size_t allocations_end(size_t *sum) {
  *sum = 0;
  return 0;
}
#else

/* The allocator of the C library under its inner names; the functions below take the place of the outer ones in the
 * whole program. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static __thread int counting;
static __thread long live;
static __thread long most;
static __thread long limit;
static __thread size_t total;

void allocations_begin(size_t bytes) {
  live = 0;
  most = 0;
  total = 0;
  limit = (long)bytes;
  counting = 1;
}

size_t allocations_end(size_t *sum) {
  counting = 0;
  *sum = total;
  return (size_t)most;
}

static void added(void *pointer) {
  if (!counting || !pointer) return;
  size_t size = malloc_usable_size(pointer);
  live += (long)size;
  total += size;
  if (live > most) most = live;
  if (live > limit) {
    char text[160];
    counting = 0;
    int count = snprintf(text, sizeof text, "fuzz: %ld bytes in memory, at most %ld are allowed for this input\n", live, limit);
    if (write(2, text, (size_t)count) < 0) abort();
    abort();
  }
}

static void removed(void *pointer) {
  if (counting && pointer) live -= (long)malloc_usable_size(pointer);
}

void *malloc(size_t size) {
  void *pointer = __libc_malloc(size);
  added(pointer);
  return pointer;
}

void *calloc(size_t count, size_t size) {
  void *pointer = __libc_calloc(count, size);
  added(pointer);
  return pointer;
}

void *realloc(void *old, size_t size) {
  removed(old);
  void *pointer = __libc_realloc(old, size);
  added(pointer ? pointer : old);
  return pointer;
}

void free(void *pointer) {
  removed(pointer);
  __libc_free(pointer);
}

void *memalign(size_t alignment, size_t size) {
  void *pointer = __libc_memalign(alignment, size);
  added(pointer);
  return pointer;
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *pointer = memalign(alignment, size);
  if (!pointer) return ENOMEM;
  *result = pointer;
  return 0;
}
#endif
