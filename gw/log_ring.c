/* A ring of lines, numbered from 1 on. */
#include "gw/log_ring.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gw_log_line ring[GW_LOG_RING];
static uint64_t written;

static void keep(enum rt_subsys sub, enum rt_level level, const char *line)
{
    pthread_mutex_lock(&lock);
    struct gw_log_line *l = &ring[written++ % GW_LOG_RING];
    l->at = rt_wall();
    l->level = level;
    l->subsystem = sub;
    rt_str_copy(l->text, sizeof l->text, rt_str(line));
    pthread_mutex_unlock(&lock);
}

void gw_log_ring_start(void)
{
    rt_log_tap(keep);
}

bool gw_log_ring_next(uint64_t *at, struct gw_log_line *out)
{
    pthread_mutex_lock(&lock);
    uint64_t oldest = written > GW_LOG_RING ? written - GW_LOG_RING : 0;
    if (*at < oldest)
        *at = oldest;
    bool there = *at < written;
    if (there)
        *out = ring[(*at)++ % GW_LOG_RING];
    pthread_mutex_unlock(&lock);
    return there;
}
