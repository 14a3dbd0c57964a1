/* The ladder of a call: both legs side by side, tandem in the middle.
 *
 *        ms  sip trunk pbx                                 isdn trunk pri
 *         0  INVITE sip:100@example  ------------------>
 *         4                                                ---->  SETUP
 */
#include "gw/admin/control_priv.h"

#include <inttypes.h>

/** Columns of one leg: text and its arrow. */
#define LEG_WIDTH 52
#define ARROW_MIN 3

static void repeat(struct rt_buf *out, char c, size_t n)
{
    for (; n > 0; n--)
        rt_buf_put(out, &c, 1);
}

void gw_ladder_head(struct rt_buf *out, const char *a, const char *b)
{
    rt_buf_printf(out, "%9s  %-*s  %s\n", "ms", LEG_WIDTH, a, b);
}

static void arrow(struct rt_buf *out, bool right, size_t n)
{
    if (!right)
        rt_buf_puts(out, "<");
    repeat(out, '-', n - 1);
    if (right)
        rt_buf_puts(out, ">");
}

/** The far end stands left: it sends to the right. */
static void left_leg(struct rt_buf *out, bool sent, const char *text)
{
    int room = LEG_WIDTH - ARROW_MIN - 2;
    size_t n = strlen(text) < (size_t)room ? strlen(text) : (size_t)room;

    rt_buf_printf(out, "%.*s  ", (int)n, text);
    arrow(out, !sent, LEG_WIDTH - 2 - n);
}

void gw_ladder_line(struct rt_buf *out, int64_t ms, char side, bool sent, const char *text)
{
    rt_buf_printf(out, "%9" PRId64 "  ", ms);
    if (side == 'a') {
        left_leg(out, sent, text);
    } else {
        repeat(out, ' ', LEG_WIDTH + 2);
        arrow(out, sent, 6);
        rt_buf_printf(out, "  %s", text);
    }
    rt_buf_puts(out, "\n");
}
