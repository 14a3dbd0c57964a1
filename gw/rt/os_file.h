/* What the files of the kernel share. */
#ifndef GW_RT_OS_FILE_H
#define GW_RT_OS_FILE_H

#include <stddef.h>

/** Opens to read, `credential:NAME` too; negative: errno. Never waits for somebody to write to a
 * pipe that has a name: nobody may come. */
int rt_open_to_read(const char *path);
/** Makes the folders that `path` needs. */
int rt_make_parents(const char *path);
/** Writes all of it, from where the descriptor stands; or fails, and may have written a part. */
int rt_write_fd(int fd, const void *buf, size_t len);

#endif
