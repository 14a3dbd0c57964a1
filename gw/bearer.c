/* The bearer's names. */
#include "gw/bearer.h"

#include <errno.h>

static const char *const names[GW_BEARERS] = {
    [GW_BEARER_AUDIO] = "audio",
    [GW_BEARER_SPEECH] = "speech",
    [GW_BEARER_DATA64] = "data64",
};

const char *gw_bearer_name(enum gw_bearer b)
{
    return b < GW_BEARERS ? names[b] : "";
}

int gw_bearer_parse(enum gw_bearer *out, struct rt_str name)
{
    for (unsigned i = 0; i < GW_BEARERS; i++)
        if (rt_str_eq(name, names[i])) {
            *out = (enum gw_bearer)i;
            return 0;
        }
    return EINVAL;
}
