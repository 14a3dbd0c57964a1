/* Endpoints of a gateway role whose service the tests change, and what their agent is told of it.
 */
#ifndef TEST_UNIT_MGCP_GW_SERVICE_RIG_H
#define TEST_UNIT_MGCP_GW_SERVICE_RIG_H

#include "test/unit/mgcp_gw_rig.h"

/** Endpoints of two spans and a line. */
static struct mgcp_gw_endpoint *ds[31], *other, *line;

static inline void open_with(struct mgcp_restart restart, enum mgcp_profile profile)
{
    char name[20];
    rig_config.restart = restart;
    rig_config.profile = profile;
    rig_open();
    for (unsigned i = 0; i < 31; i++) {
        snprintf(name, sizeof(name), "ds/e1-1/%u", i + 1);
        ds[i] = rig_endpoint(name, MGCP_TRUNK_ENDPOINT);
    }
    other = rig_endpoint("ds/e1-2/1", MGCP_TRUNK_ENDPOINT);
    line = rig_endpoint("aaln/1", MGCP_LINE_ENDPOINT);
}

static inline void setup(void)
{
    open_with((struct mgcp_restart){.mwd = 2 * RT_MS}, MGCP_RFC);
}

static inline void setup_running(void)
{
    setup();
    rig_start();
    ck_assert_str_eq(service_of(line), "in service");
}

/** The time until the agent gets something, ms at a time; fails after `most`. */
static inline rt_time wait_for(struct rt_udp *u, rt_time most)
{
    rt_time start = rt_now();
    while (!take_one(u)) {
        ck_assert_int_lt(rt_now() - start, most);
        fake_advance(RT_MS);
    }
    return rt_now() - start;
}

/** What came is a RSIP of this endpoint with this method. */
static inline void expect_rsip(const char *endpoint, const char *method)
{
    char name[100];
    snprintf(name, sizeof(name), " %s@gw MGCP 1.0\r\n", endpoint);
    ck_assert_int_eq(strncmp(got, "RSIP ", 5), 0);
    ck_assert_msg(strstr(got, name) != NULL, "%s", got);
    ck_assert_str_eq(value_of("RM"), method);
}

static inline void expect_nothing(struct rt_udp *u)
{
    fake_settle();
    ck_assert_msg(!take_one(u), "%s", got);
}

static inline unsigned long tid(void)
{
    return strtoul(got + 5, NULL, 10);
}

#endif
