/* Memory of uthash's tables. uthash ends the program when it is refused any: a gateway with calls
 * must not end for want of a kilobyte. So what malloc() refuses comes from a reserve; the Makefile
 * has every file read this before <uthash.h>.
 */
#ifndef GW_RT_HASH_H
#define GW_RT_HASH_H

#include <stddef.h>

/** From malloc(), else from the reserve; NULL when that is used up too. */
void *rt_hash_alloc(size_t size);
void rt_hash_free(void *p);

#define uthash_malloc(size)  rt_hash_alloc(size)
#define uthash_free(p, size) rt_hash_free(p)

#endif
