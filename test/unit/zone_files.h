/* Time zones of the machine, put into the fake kernel's files under the same names. */
#ifndef TEST_UNIT_ZONE_FILES_H
#define TEST_UNIT_ZONE_FILES_H

#include "dialplan/zone.h"
#include "gw/rt/file.h"

#include <check.h>
#include <stdio.h>

static inline void zone_file(const char *name)
{
    char path[200], text[16384];

    snprintf(path, sizeof path, "%s%s", DP_ZONE_FOLDER, name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is not there", path);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    ck_assert_int_eq(rt_file_replace(path, text, n, 0644), 0);
}

#endif
