/* Dial plans of other systems, carried over: their files' bytes in, a plan in tandem's language and
 * a report of what could not be carried over out.
 *
 * Pure: no file is opened here. Other systems match in the order of their rows or by rules of their
 * own; here the most specific number wins. Where that changes what happens to a call, the report
 * says so: that is what it is for.
 */
#ifndef DIALPLAN_IMPORT_IMPORT_H
#define DIALPLAN_IMPORT_IMPORT_H

#include "gw/rt/buf.h"

/** Octets of all sources together. */
#define DP_IMPORT_MAX ((size_t)16 << 20)

/** One file of the other system. */
struct dp_import_source {
    const char *name; /**< as messages name it: without its folder */
    struct rt_str text;
};

/** A file that the plan reads, such as the CSV of a deck. */
struct dp_import_table {
    char *name; /**< without folder: letters, digits, `-`, `_`, `.` */
    struct rt_buf text;
    struct dp_import_table *next;
};

/** What came of it. Start zeroed. */
struct dp_import {
    struct rt_buf plan;   /**< the plan's text */
    struct rt_buf report; /**< a line for each thing that was not carried over */
    struct dp_import_table *tables;
    unsigned carried; /**< statements of the source that became something */
    unsigned dropped; /**< lines of the report */
};

/** Names of the formats, NULL-terminated: `asterisk`, `cisco`, `freeswitch`, `audiocodes`. */
const char *const *dp_import_formats(void);

/** Carries `n` files over. `dialling` is what stands after the word of that name in a site, such as
 * "de area 30"; NULL: a placeholder that is marked. EINVAL: no such format, `dialling` is no such
 * text, or a name has control characters; EFBIG; ENOMEM. What is wrong within the sources is no
 * error but a line of the report. */
int dp_import(struct dp_import *out, const char *format, const struct dp_import_source *sources,
              size_t n, const char *dialling);
void dp_import_release(struct dp_import *i);

#endif
