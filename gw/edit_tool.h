/* `tandem edit`: changes a plan's file from a script and leaves comments, order and layout as they
 * are. */
#ifndef GW_EDIT_TOOL_H
#define GW_EDIT_TOOL_H

#include "gw/rt/buf.h"

/** Does what `word` says, the words after `edit`:
 *
 *     FILE set PATH ARGUMENTS         edit office.conf set "trunk pri / limit" "28 calls"
 *     FILE add BLOCK STATEMENT [--after PATH]      the path inside the block
 *     FILE delete PATH [--comments keep|all|drop]
 *
 * Paths are those of conf/edit.h. The plan as it would be is compiled and its tests are run before
 * anything is written; what is wrong, and warnings, go to `err`. Returns the exit code: 0; 1 when a
 * file cannot be written; 2 for a wrong command line; 3 when the plan would be wrong. */
int gw_edit_tool(struct rt_buf *err, int words, char *const word[]);

#endif
