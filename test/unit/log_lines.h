/* What the log says from log_lines_keep() on, for tests that judge it. */
#ifndef TEST_UNIT_LOG_LINES_H
#define TEST_UNIT_LOG_LINES_H

#include "gw/rt/log.h"

#include <stdio.h>
#include <string.h>

static char lines[16384];

static inline void keep_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    size_t n = strlen(lines);

    (void)arg;
    (void)sub;
    (void)level;
    snprintf(lines + n, sizeof lines - n, "%s\n", line);
}

static inline void log_lines_keep(void)
{
    lines[0] = '\0';
    rt_log_sink(keep_line, NULL);
}

#endif
