/* Who waits for which file: each operation that may find a disk that does not answer says so. */
#ifndef GW_RT_OS_WAIT_H
#define GW_RT_OS_WAIT_H

/** Before an operation on a file; what rt_wait_end() takes. */
unsigned rt_wait_begin(const char *path);
/** After it. `errno` stays as it is. */
void rt_wait_end(unsigned wait);

#endif
