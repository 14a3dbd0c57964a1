/* `tandem import FORMAT FILE...`: reads the files of another system and says what they become. */
#ifndef GW_IMPORT_H
#define GW_IMPORT_H

#include "gw/rt/buf.h"

/** Carries over what `word` says: the format, files, and the options `--dialling TEXT`,
 * `--report FILE` and `--tables FOLDER` ["."]. The plan goes to `out`, the report to `err` or to
 * its file; files that the plan reads are made, never replaced. Returns the exit code: 0; 1 when
 * nothing could be carried over or a file failed; 2 for a wrong command line. */
int gw_import(struct rt_buf *out, struct rt_buf *err, int words, char *const word[]);

#endif
