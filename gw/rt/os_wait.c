/* Files that are waited for: a table of the operations under way. The lock is held for as long as
 * a path takes to be copied, so who asks never waits for a disk. */
#include "gw/rt/os_wait.h"

#include "gw/rt/file.h"
#include "gw/rt/time.h"

#include <pthread.h>
#include <string.h>

/** More at once are not told of: there are fewer threads. */
#define WAITS_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rt_file_wait waits[WAITS_MAX];
static bool used[WAITS_MAX];

unsigned rt_wait_begin(const char *path)
{
    rt_time now = rt_now();
    size_t len = strlen(path), room = sizeof waits[0].path;
    unsigned i = 0;

    pthread_mutex_lock(&lock);
    while (i < WAITS_MAX && used[i])
        i++;
    if (i < WAITS_MAX) {
        used[i] = true;
        waits[i].since = now;
        rt_str_copy(waits[i].path, room, rt_str(len < room ? path : path + len - room + 1));
    }
    pthread_mutex_unlock(&lock);
    return i;
}

void rt_wait_end(unsigned wait)
{
    pthread_mutex_lock(&lock);
    if (wait < WAITS_MAX)
        used[wait] = false;
    pthread_mutex_unlock(&lock);
}

unsigned rt_file_waits(struct rt_file_wait *out, unsigned max, rt_time patience)
{
    rt_time before = rt_now() - patience;
    unsigned n = 0;

    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < WAITS_MAX && n < max; i++)
        if (used[i] && waits[i].since <= before)
            out[n++] = waits[i];
    pthread_mutex_unlock(&lock);
    return n;
}
