/* Rows of mod_lcr's tables, whatever file they came in, for the two files that read and use them.
 */
#ifndef DIALPLAN_IMPORT_FREESWITCH_PRIV_H
#define DIALPLAN_IMPORT_FREESWITCH_PRIV_H

#include "dialplan/import/import_priv.h"

enum fs_table { FS_LCR, FS_CARRIERS, FS_GATEWAYS, FS_TABLES };

/** The columns that matter. */
enum fs_column {
    FS_ID,
    FS_DIGITS,
    FS_RATE,
    FS_CARRIER,
    FS_LEAD_STRIP,
    FS_TRAIL_STRIP,
    FS_PREFIX,
    FS_SUFFIX,
    FS_PROFILE,
    FS_START,
    FS_END,
    FS_QUALITY,
    FS_RELIABILITY,
    FS_ENABLED,
    FS_NAME,
    FS_COLUMNS
};

struct fs_row {
    enum fs_table table;
    struct rt_str v[FS_COLUMNS]; /**< without quotes; empty: absent, or NULL */
    struct dp_im_pos pos;
};

/** Calls `fn` for each row of a CSV export or an SQL dump. What cannot be read is reported with
 * `tell`: files are read several times. */
void dp_im_fs_rows(struct dp_im *im, const struct dp_import_source *s, bool tell,
                   void (*fn)(void *arg, const struct fs_row *row), void *arg);

#endif
