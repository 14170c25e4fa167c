#include <stddef.h>

/* Counts what this thread allocates between two calls. */

/* Begins to count. Above limit bytes at a time the program is stopped where it asks for more, so that the trace shows
 * who does. */
void allocations_begin(size_t limit);

/* Ends counting; returns the most bytes there were at a time, and in total the sum of all. */
size_t allocations_end(size_t *total);
