/* What the tests of the registrar and of registrations share: a gateway's SIP half at 192.0.2.10 on
 * the fake network, and a far end whose messages are written out.
 */
#ifndef TEST_UNIT_AUTH_RIG_H
#define TEST_UNIT_AUTH_RIG_H

#include "gw/admission.h"
#include "gw/gw.h"
#include "gw/peer.h"
#include "gw/register.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    struct gw gw;
    struct rt_udp *far;
    union rt_addr us;
    char in[70000]; /* the last message received */
    struct sip_session *session;
    const struct gw_trunk *invited; /* where the last INVITE belonged */
    char caller[GW_USER_LEN];
} rig;

static void rig_invite(void *arg, struct sip_session *s, const void *owner,
                       const struct sip_message *m)
{
    static const struct sip_session_ops nobody = {.gone = NULL};
    const char *caller = gw_admitted_caller(arg, owner);

    (void)m;
    rig.invited = owner;
    rt_str_copy(rig.caller, sizeof rig.caller, rt_str(caller ? caller : "-"));
    sip_session_own(s, &nobody, NULL);
    sip_session_refuse(s, 486, NULL, NULL, NULL, 0);
    sip_session_close(s, NULL);
}

static const struct sip_ua_ops rig_ops = {
    .accept = gw_admit, .request = gw_admission_request, .invite = rig_invite};

static void rig_plan(const char *text)
{
    struct conf_diag diag = {.errors = 0};

    int err = gw_plan_parse(&rig.gw.plan, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
}

/** Brings up the SIP half of a gateway: a registrar's, or one that registers. */
static void rig_up(void)
{
    struct sip_ua_config cfg = {.nlisten = 1, .user_agent = "test"};
    struct rt_buf why = {0};
    struct gw_registrar_plan *plan = &rig.gw.plan->registrar;

    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig.us};
    if (plan->realm) {
        int err = gw_registrar_new(&rig.gw.registrar, rig.gw.loop, plan, &why);
        ck_assert_msg(err == 0, "%s", why.p);
        ck_assert_int_eq(gw_admission_new(&rig.gw.admission, plan), 0);
    }
    ck_assert_int_eq(sip_ua_new(&rig.gw.sip, rig.gw.loop, &cfg, &rig_ops, &rig.gw, NULL), 0);
    if (plan->realm)
        return;
    ck_assert_int_eq(gw_peers_start(&rig.gw), 0);
    ck_assert_int_eq(gw_register_start(&rig.gw), 0);
}

static void rig_down(void)
{
    gw_register_stop(&rig.gw);
    gw_peers_stop(&rig.gw);
    sip_ua_free(rig.gw.sip);
    gw_admission_free(rig.gw.admission);
    gw_registrar_free(rig.gw.registrar);
    rig.gw.sip = NULL;
    rig.gw.admission = NULL;
    rig.gw.registrar = NULL;
}

static inline void rig_start(const char *plan)
{
    union rt_addr far;

    memset(&rig, 0, sizeof rig);
    fake_local_address("192.0.2.10");
    rt_addr_parse(&rig.us, "192.0.2.10:5060", 15, 0);
    rt_addr_parse(&far, "192.0.2.1:5060", 14, 0);
    ck_assert_int_eq(rt_loop_new(&rig.gw.loop, "test"), 0);
    ck_assert_int_eq(rt_udp_open(&rig.far, rig.gw.loop, &far, NULL, NULL), 0);
    rig_plan(plan);
    rig_up();
}

/** After it nothing is left: no timer, no socket. */
static inline void rig_stop(void)
{
    struct fake_leaks leaks;

    rig_down();
    rt_udp_close(rig.far);
    gw_plan_unref(rig.gw.plan);
    fake_settle();
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.timers, 0);
    ck_assert_uint_eq(leaks.udp, 0);
    rt_loop_free(rig.gw.loop);
}

/** The next message that has come to the far end, into rig.in. */
static inline bool rig_next(void)
{
    size_t n;

    fake_settle();
    if (rt_udp_recv(rig.far, rig.in, sizeof rig.in - 1, &n, NULL) != 0)
        return false;
    rig.in[n] = '\0';
    return true;
}

static inline void rig_send(const char *text)
{
    ck_assert_int_eq(rt_udp_send(rig.far, text, strlen(text), &rig.us), 0);
}

static inline bool rig_has(const char *text)
{
    return strstr(rig.in, text) != NULL;
}

/** A field of rig.in, its `i`-th; empty: there is none. */
static inline const char *rig_field(const char *name, unsigned i)
{
    static char out[8][600];
    static unsigned turn;
    char key[64], *value = out[turn++ % 8];
    const char *p = rig.in;

    value[0] = '\0';
    snprintf(key, sizeof key, "\r\n%s: ", name);
    while ((p = strstr(p, key)) && i-- > 0)
        p++;
    if (p) {
        p += strlen(key);
        rt_str_copy(value, sizeof out[0], (struct rt_str){p, strcspn(p, "\r")});
    }
    return value;
}

#endif
