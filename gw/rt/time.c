/* Time as text. */
#include "gw/rt/time.h"

#include <stdio.h>
#include <time.h>

char *rt_rfc3339(char out[RT_RFC3339_LEN], rt_time wall)
{
    time_t s = (time_t)(wall / RT_S);
    unsigned ms = (unsigned)(wall % RT_S / RT_MS) % 1000;
    struct tm tm;

    gmtime_r(&s, &tm);
    snprintf(out, RT_RFC3339_LEN, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
             (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
             (unsigned)tm.tm_sec % 100, ms);
    return out;
}
