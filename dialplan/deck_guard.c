/* The guards against broken uploads: too many bad rows, too sudden a change. */
#include "dialplan/deck_priv.h"

#include <errno.h>
#include <stdio.h>

static bool beyond(uint64_t part, uint64_t whole, uint32_t ppm)
{
    return ppm != DP_DECK_ANY && (double)part * 1e6 > (double)whole * ppm;
}

int dp_guard_check(const struct dp_guard *g, char why[DP_ROWS_WHY])
{
    uint64_t off = g->was > g->rows ? g->was - g->rows : g->rows - g->was;

    if (beyond(g->bad, g->rows + g->bad, g->bad_ppm)) {
        snprintf(why, DP_ROWS_WHY, "%llu of %llu rows are bad, more than %g%%; %.120s",
                 (unsigned long long)g->bad, (unsigned long long)(g->rows + g->bad),
                 g->bad_ppm / 1e4, g->bad_row);
        return EBADMSG;
    }
    if (g->was > 0 && beyond(off, g->was, g->change_ppm)) {
        snprintf(why, DP_ROWS_WHY, "%llu rows where %llu are in use, more than %g%% off",
                 (unsigned long long)g->rows, (unsigned long long)g->was, g->change_ppm / 1e4);
        return EBADMSG;
    }
    return 0;
}
