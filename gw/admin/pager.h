/* Long output through a pager, on a terminal. */
#ifndef GW_ADMIN_PAGER_H
#define GW_ADMIN_PAGER_H

#include <stdbool.h>

/** From here on standard output goes to $PAGER, or to `less -FRX`, which shows at once what fits
 * the screen. False: it does not - no terminal, PAGER is empty or `cat`, no such program. */
bool gw_pager_begin(void);
/** Ends standard output and waits until the reader has. */
void gw_pager_end(void);

#endif
