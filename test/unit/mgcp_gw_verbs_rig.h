/* Endpoints of a gateway role in service, and connections on them. */
#ifndef TEST_UNIT_MGCP_GW_VERBS_RIG_H
#define TEST_UNIT_MGCP_GW_VERBS_RIG_H

#include "test/unit/mgcp_gw_rig.h"

static struct mgcp_gw_endpoint *ds[4], *line;

#define RC "||v=0|c=IN IP4 192.0.2.7|m=audio 4000 RTP/AVP 0"

static inline void setup(void)
{
    static const char *const names[] = {"ds/e1-1/1", "ds/e1-1/2", "ds/e1-1/3", "ds/e1-2/1"};
    rig_open();
    for (unsigned i = 0; i < 4; i++)
        ds[i] = rig_endpoint(names[i], MGCP_TRUNK_ENDPOINT);
    line = rig_endpoint("aaln/1", MGCP_LINE_ENDPOINT);
    rig_start();
}

/** Makes a connection; its id. */
static inline const char *connect_one(const char *endpoint, const char *call)
{
    char lines[100];
    snprintf(lines, sizeof(lines), "C: %s|M: recvonly", call);
    ck_assert_uint_eq(command("CRCX", endpoint, lines), 200);
    return value_of("I");
}

static inline const char *format(const char *fmt, const char *a, const char *b)
{
    static char out[4][300];
    static unsigned turn;
    char *p = out[turn++ % 4];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(p, sizeof(out[0]), fmt, a, b);
#pragma GCC diagnostic pop
    return p;
}

#endif
