/* Numbers in the parameters of package MS (RFC 3064 3.2): "addr(k0,1,2,3,s0),id(k0,4,s0)", or the
 * list alone. k0 begins the digits, s0 ends them. */
#include "gw/leg_mgcp_priv.h"

#include <strings.h>

/** What is in the parentheses of `name`. False: it has no such group. */
static bool find_group(struct rt_str *out, struct rt_str params, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i + len < params.n; i++)
        if (strncasecmp(params.p + i, name, len) == 0 && params.p[i + len] == '(') {
            struct rt_str rest = {params.p + i + len + 1, params.n - i - len - 1};
            *out = rt_str_cut(&rest, ')');
            return true;
        }
    return false;
}

bool leg_mgcp_read_address(char *out, size_t cap, struct rt_str params, const char *group)
{
    bool ended = false;
    size_t n = 0;

    out[0] = '\0';
    if (group && !find_group(&params, params, group))
        return false;
    while (params.n > 0) {
        struct rt_str d = rt_str_trim(rt_str_cut(&params, ','));
        if (d.n == 1 && strchr("0123456789*#ABCD", d.p[0]) && n + 1 < cap)
            out[n++] = d.p[0];
        ended = ended || (d.n > 1 && (d.p[0] | 0x20) == 's');
    }
    out[n] = '\0';
    return ended;
}

bool leg_mgcp_check_address(char *out, size_t cap, struct rt_str params, const char *group)
{
    bool good = true;
    size_t n = 0;

    find_group(&params, params, group);
    while (params.n > 0) {
        struct rt_str d = rt_str_trim(rt_str_cut(&params, ','));
        bool digit = d.n == 1 && strchr("0123456789*#", d.p[0]);
        /* MF's start and stop are no digits: K0..K2, S0..S3 (RFC 3064 2.7) */
        good = good && (digit || (d.n == 2 && strchr("kKsS", d.p[0])));
        if (digit && n + 1 < cap)
            out[n++] = d.p[0];
        else if (digit)
            good = false;
    }
    out[n] = '\0';
    return good;
}

void leg_mgcp_write_address(struct rt_buf *out, const char *digits)
{
    rt_buf_puts(out, "k0");
    for (; *digits; digits++)
        rt_buf_printf(out, ",%c", *digits);
    rt_buf_puts(out, ",s0");
}
