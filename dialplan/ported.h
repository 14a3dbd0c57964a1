/* Number portability: exact numbers and where each is reached now, hundreds of millions of them.
 *
 * A table is a file (`.tdb`), compiled once and used as it lies on the disk: what is looked up is
 * mapped, not loaded. A number's last three digits and its routing number's place in a list take
 * four octets; the digits before them are an index. Two or three cache misses find any of them.
 *
 * Numbers are E.164 of any length up to 15 digits and of any country. Routing numbers are short
 * texts, each stored once: `+12025440000`, or a network's own code like `D086`.
 */
#ifndef DIALPLAN_PORTED_H
#define DIALPLAN_PORTED_H

#include "dialplan/dialplan.h"

/** Room for a message about a table and its NUL. */
#define DP_PORTED_WHY 160

/* ---- looking up ---- */

/** An open table: read-only, any thread may look up. */
struct dp_ported;
/** Opens a compiled file. EBADMSG: it is no such file, torn, or of another version or machine:
 * `why` says which. The rows themselves are not read: dp_ported_check() does. Else an errno of the
 * file. */
int dp_ported_open(struct dp_ported **out, const char *path, char why[DP_PORTED_WHY]);
void dp_ported_close(struct dp_ported *t);
/** 0 and the routing number, borrowed from the table; ENOENT: the number is not ported (or not
 * E.164). A damaged row is never more than a wrong or missing routing number. */
int dp_ported_find(const struct dp_ported *t, const struct dp_number *n, const char **routing);
/** The same of a number's digits as they stand, without "+". */
int dp_ported_find_digits(const struct dp_ported *t, struct rt_str digits, const char **routing);
/** Reads all of it: EBADMSG when an octet is not as it was written. */
int dp_ported_check(const struct dp_ported *t, char why[DP_PORTED_WHY]);
/** Numbers in it, distinct routing numbers, and octets of the file. */
uint64_t dp_ported_rows(const struct dp_ported *t);
uint64_t dp_ported_routings(const struct dp_ported *t);
uint64_t dp_ported_bytes(const struct dp_ported *t);

/* ---- building ---- */

/** What came of a build. */
struct dp_ported_report {
    uint64_t rows;                 /**< numbers in the table */
    uint64_t routings;             /**< distinct routing numbers */
    uint64_t duplicates;           /**< rows that a later row of the same number replaced */
    uint64_t bad;                  /**< rows that are none */
    uint64_t bytes;                /**< of the file */
    char first_bad[DP_PORTED_WHY]; /**< "line 17: not a number", or "" */
};

/** How a table is built; zeroed is fine. */
struct dp_ported_rules {
    const char *country; /**< "1": put before numbers and routing numbers without "+" that have only
                              digits; NULL: such numbers are E.164 as they stand, routing numbers
                              codes of a network's own */
    uint64_t max_bad;    /**< more bad rows than this fail a build from CSV */
    size_t memory;       /**< octets to sort in; 0: 512 MiB. What is more goes through a file */
};

/** Collects numbers in any order and writes a table. */
struct dp_ported_builder;
/** `path` is the table to be; a file of its name and `.runs` is used while it is built. */
int dp_ported_builder_new(struct dp_ported_builder **out, const char *path,
                          const struct dp_ported_rules *rules);
/** A number and its routing number, visual separators allowed. EINVAL: they are none, `why`
 * (static) says which, nothing is added; EFBIG: too many routing numbers; else an errno of the
 * file. A number given again replaces what was there. */
int dp_ported_builder_add(struct dp_ported_builder *b, struct rt_str number, struct rt_str routing,
                          const char **why);
/** Writes the table: readers see the old file or the new one, never a part. */
int dp_ported_builder_finish(struct dp_ported_builder *b, struct dp_ported_report *out);
/** Frees it, and what it left on the disk. */
void dp_ported_builder_free(struct dp_ported_builder *b);

/** Compiles a CSV with the columns `number` and `routing` (or none named: in this order) as
 * dialplan/rows.h reads it. EINVAL: more bad rows than allowed, or no such columns; `why` says what
 * is wrong with the whole. The table is only replaced when all went well. */
int dp_ported_build(const char *csv, const char *path, const struct dp_ported_rules *rules,
                    struct dp_ported_report *out, char why[DP_PORTED_WHY]);

#endif
