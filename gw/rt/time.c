/* Time as text. */
#include "gw/rt/time.h"

#include <string.h>
#include <time.h>

static void two(char *out, int v)
{
    out[0] = (char)('0' + v / 10 % 10);
    out[1] = (char)('0' + v % 10);
}

/** `2026-03-01T08:00:00`, and room for the rest. */
static void write_second(char out[RT_RFC3339_LEN], time_t s)
{
    struct tm tm;

    gmtime_r(&s, &tm);
    memcpy(out, "0000-00-00T00:00:00.000Z", RT_RFC3339_LEN);
    two(out, (tm.tm_year + 1900) / 100);
    two(out + 2, tm.tm_year + 1900);
    two(out + 5, tm.tm_mon + 1);
    two(out + 8, tm.tm_mday);
    two(out + 11, tm.tm_hour);
    two(out + 14, tm.tm_min);
    two(out + 17, tm.tm_sec);
}

char *rt_rfc3339(char out[RT_RFC3339_LEN], rt_time wall)
{
    static _Thread_local char text[RT_RFC3339_LEN]; /* the last second asked for: often the same */
    static _Thread_local time_t second = -1;
    time_t s = (time_t)(wall / RT_S);
    int ms = (int)(wall % RT_S / RT_MS);

    if (s != second || !text[0]) {
        write_second(text, s);
        second = s;
    }
    memcpy(out, text, RT_RFC3339_LEN);
    out[20] = (char)('0' + ms / 100 % 10);
    two(out + 21, ms);
    return out;
}
