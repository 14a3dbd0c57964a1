/* `tandem table`: compiles tables and says whether they are good, without a gateway. */
#ifndef GW_TABLE_TOOL_H
#define GW_TABLE_TOOL_H

#include "gw/rt/buf.h"

#include <stdbool.h>

/** Does what `word` says, the words after `table`:
 *
 *     compile lnp FILE.csv FILE.tdb [--country 1] [--max-bad N]
 *     check FILE.tdb
 *     check deck FILE... [--columns TEXT] [--table NAME] [--max-bad N]
 *
 * What was found goes to `out`, as lines for people or one object of JSON; what is wrong to `err`.
 * Returns the exit code: 0; 1 when the table is no good or has more bad rows than allowed (none);
 * 2 for a wrong command line. */
int gw_table_tool(struct rt_buf *out, struct rt_buf *err, bool json, int words, char *const word[]);

#endif
