/* Files in memory: what file.c, which is their folder, and handle.c and map.c, which open them,
 * share. */
#ifndef TEST_FAKE_FILE_PRIV_H
#define TEST_FAKE_FILE_PRIV_H

#include "fake_priv.h"

#include "gw/rt/file.h"

#include <errno.h>

/** A file, whatever it is called now. */
struct fake_file {
    char *path; /**< NULL: it has no name any more; it goes with its last handle */
    struct rt_buf data;
    size_t synced;    /**< that a crash leaves */
    int64_t modified; /**< put there whole: when */
    unsigned handles;
    struct fake_file *prev, *next;
};

/** NULL: none has this name. */
struct fake_file *fake_file_find(const char *path);
/** The one of this name, made where there is none. */
struct fake_file *fake_file_make(const char *path);
/** It loses its name. */
void fake_file_unlink(struct fake_file *f);

/** Stands first in whatever a process has open. */
struct fake_handle {
    unsigned owner;
    bool lost;              /**< everything was forgotten since */
    struct fake_file *file; /**< NULL: none */
    void *memory;           /**< goes with it; NULL: none */
    struct fake_handle *prev, *next;
};
void fake_handle_open(struct fake_handle *h, struct fake_file *f);
/** Frees it. */
void fake_handle_close(struct fake_handle *h);
void fake_handles_reset(void);

#endif
