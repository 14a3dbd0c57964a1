/* What the tests of the exchange share: two of them joined in memory, a network and a user, and all
 * that they say.
 */
#ifndef TEST_UNIT_EXCHANGE_RIG_H
#define TEST_UNIT_EXCHANGE_RIG_H

#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "test/exchange/calls.h"
#include "test/exchange/commands.h"
#include "test/exchange/report.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NET  0
#define USER 1

static struct {
    struct exchange ex[2];
    struct ex_commands *commands[2];
    struct rt_loop *loop;
    json_t *said; /* both sides' events, an array */
} rig;

static void rig_on_line(void *arg, const char *line)
{
    json_t *o = json_loads(line, 0, NULL);

    (void)arg;
    ck_assert_ptr_nonnull(o);
    json_array_append_new(rig.said, o);
}

static inline void rig_write(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static inline void rig_begin(void)
{
    memset(&rig, 0, sizeof rig);
    fake_reset();
    rt_log_set(RT_LOG_ISDN, RT_ERROR);
    rt_loop_new(&rig.loop, "test");
    rig.said = json_array();
    ex_report_to(rig_on_line, NULL);
}

static inline void rig_open_one(unsigned side, const char *span, const char *rules)
{
    struct exchange *ex = &rig.ex[side];
    struct rt_buf b = {0};

    rt_buf_printf(&b, "span %u {\n%s\n isdn euroisdn %s\n}\n%s", side + 1, span,
                  side == NET ? "network" : "user", rules);
    rig_write("/rules", rt_buf_str(&b).p);
    rt_buf_release(&b);
    ex->loop = rig.loop;
    ex_rules_init(&ex->rules);
    ck_assert_int_eq(ex_rules_load(&ex->rules, "/rules"), 0);
    if (!rt_addr_port(&ex->rules.span[0].cfg.local))
        ex->rules.span[0].cfg.line = ISDN_MEMORY;
    ck_assert_int_eq(ex_worker_new(&ex->worker, rig.loop), 0);
    ck_assert_int_eq(ex_spans_new(ex), 0);
    ex->spans[0].want = true;
    ck_assert_int_eq(ex_span_open(&ex->spans[0]), 0);
    ck_assert_int_eq(ex_commands_new(&rig.commands[side], ex, true), 0);
}

static inline void rig_wait_up(void)
{
    fake_advance(5 * RT_S);
    ck_assert(ex_spans_up(&rig.ex[NET]) && ex_spans_up(&rig.ex[USER]));
    json_array_clear(rig.said);
}

/** Both with these statements in their span, and rules for either. */
static inline void rig_open(const char *span, const char *net_rules, const char *user_rules)
{
    rig_begin();
    rig_open_one(NET, span, net_rules);
    rig_open_one(USER, span, user_rules);
    isdn_memory_join(rig.ex[NET].spans[0].isdn, rig.ex[USER].spans[0].isdn);
    rig_wait_up();
}

/** Over a pseudowire with this receive buffer and window. */
static inline void rig_open_pseudowire(unsigned jitter_ms, unsigned k, const char *net_rules)
{
    struct rt_buf b = {0};

    rig_begin();
    for (unsigned side = 0; side < 2; side++) {
        rt_buf_printf(&b,
                      " pseudowire local 127.0.0.1:%u remote 127.0.0.1:%u jitter %ums\n"
                      " counter k %u\n",
                      7000 + side, 7001 - side, jitter_ms, k);
        rig_open_one(side, rt_buf_str(&b).p, side == NET ? net_rules : "");
        rt_buf_release(&b);
    }
    rig_wait_up();
}

static inline void rig_close(void)
{
    struct fake_leaks left;

    for (unsigned i = 0; i < 2 && rig.ex[i].loop; i++) {
        ex_commands_free(rig.commands[i]);
        ex_spans_free(&rig.ex[i]);
        ex_worker_free(rig.ex[i].worker);
        ex_rules_release(&rig.ex[i].rules);
    }
    rt_loop_free(rig.loop);
    json_decref(rig.said);
    ex_report_to(NULL, NULL);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.loops, 0);
}

static inline void rig_say(unsigned side, const char *line)
{
    ex_commands_feed(rig.commands[side], line);
    ex_commands_feed(rig.commands[side], "\n");
    fake_settle();
}

/** The `nth` event of that name from a span: 1 is the network's, 2 the user's, 0 either. */
static inline json_t *rig_event(const char *name, unsigned span, unsigned nth)
{
    json_t *o;
    size_t i;

    json_array_foreach(rig.said, i, o)
    {
        if (strcmp(json_string_value(json_object_get(o, "event")), name) == 0 &&
            (span == 0 || json_integer_value(json_object_get(o, "span")) == (json_int_t)span) &&
            nth-- == 0)
            return o;
    }
    return NULL;
}

static inline json_t *rig_must(const char *name, unsigned span)
{
    json_t *o = rig_event(name, span, 0);

    ck_assert_msg(o, "no event \"%s\" of span %u", name, span);
    return o;
}

static inline void rig_expect_text(json_t *o, const char *key, const char *value)
{
    const char *is = json_string_value(json_object_get(o, key));

    ck_assert_msg(is && strcmp(is, value) == 0, "%s is %s, not %s", key, is ? is : "nothing",
                  value);
}

static inline void rig_expect_int(json_t *o, const char *key, json_int_t value)
{
    const json_t *v = json_object_get(o, key);

    ck_assert_msg(json_is_integer(v) && json_integer_value(v) == value, "%s is %lld, not %lld", key,
                  (long long)json_integer_value(v), (long long)value);
}

static inline int rig_run(const char *name, void (*fill)(Suite *s))
{
    Suite *s = suite_create(name);

    fill(s);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}

#endif
