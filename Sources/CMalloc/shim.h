// The allocator's own settings, which the Glibc module leaves out.
#include <malloc.h>
