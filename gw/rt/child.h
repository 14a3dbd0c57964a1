/* A process of our own making that works for us over shared memory: started, watched, ended. And
 * any program that is to read a text and be done.
 *
 * It finds the memory at descriptor 3, and at descriptor 4 a pipe that ends when we do, whatever
 * ends us. Descriptors above are closed, 0 and 1 are /dev/null, 2 is our standard error. A program
 * that reads a text has it at 0, and neither 3 nor 4.
 */
#ifndef GW_RT_CHILD_H
#define GW_RT_CHILD_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"

#include <stdatomic.h>
#include <stdint.h>

/** Memory that a child sees too; zeroed, in whole pages. */
struct rt_shared {
    void *mem;
    size_t size;
    int fd;
};

/** `name` is what the kernel shows of it. */
int rt_shared_new(struct rt_shared *s, const char *name, size_t size);
/** A zeroed `s` is allowed. */
void rt_shared_free(struct rt_shared *s);
/** Wakes a thread of a child that sleeps on a word of shared memory (futex(2)). Any thread. */
void rt_shared_wake(_Atomic uint32_t *word);

struct rt_child;

/** It has ended: by itself with exit code `code`, or by signal `signo` when that is not 0. The
 * handle is still to be freed by rt_child_stop(), which may be done here. */
typedef void rt_child_fn(void *arg, int code, int signo);

/** Starts the program at `path`; `argv` ends with NULL. `shared` may be NULL: descriptor 3 is
 * /dev/null then. The errno of what failed: ENOENT, EACCES. */
int rt_child_start(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                   const struct rt_shared *shared, rt_child_fn *ended, void *arg);
/** Starts a program with `input`, which is copied, as its standard input: a file, so that nobody
 * waits for a reader. The same errors. */
int rt_child_feed(struct rt_child **out, struct rt_loop *loop, const char *path, char *const *argv,
                  struct rt_str input, rt_child_fn *ended, void *arg);
/** Ends it if it runs, without a callback, and frees the handle. NULL is allowed. */
void rt_child_stop(struct rt_child *c);
int rt_child_pid(const struct rt_child *c);

/** Whether there is a program at `path` that we may run. */
bool rt_program_there(const char *path);
/** The path of the program called `name` in the folder that ours is in; ENAMETOOLONG, or why ours
 * cannot be found. */
int rt_program_beside(char *out, size_t room, const char *name);

#endif
