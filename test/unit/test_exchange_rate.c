/* How many calls a second one D channel carries, without a machine's own delays. The caller's side
 * says 96 octets for each (docs/exchange.md has the reckoning): 8000 octets a second and some
 * stuffed bits are a little more than 80 calls.
 */
#include "test/unit/exchange_rig.h"

#define RULES "number 4930901820 {\n measure off\n proceeding\n alerting\n answer\n}\n"
struct outcome {
    unsigned answered, placed, outstanding;
    double p50, p99, most;
};

static double real(const json_t *o, const char *key)
{
    return json_real_value(json_object_get(o, key));
}

/** Ten seconds at that rate, each call for 50 ms, so that channels do not run out. */
static struct outcome load(unsigned jitter, unsigned k, unsigned rate)
{
    struct rt_buf b = {0};

    rig_open_pseudowire(jitter, k, RULES);
    rt_buf_printf(&b, "call 4930901820 from +498912345678 count %u rate %u/s measure off for 50ms",
                  rate * 10, rate);
    rig_say(USER, rt_buf_str(&b).p);
    rt_buf_release(&b);
    fake_advance(20 * RT_S);
    json_t *o = rig_must("load", 0);
    struct outcome out = {(unsigned)json_integer_value(json_object_get(o, "answered")),
                          (unsigned)json_integer_value(json_object_get(o, "placed")),
                          (unsigned)json_integer_value(json_object_get(o, "outstanding")),
                          real(o, "setup_ms_p50"),
                          real(o, "setup_ms_p99"),
                          real(o, "setup_ms_max")};
    rig_close();
    return out;
}

START_TEST(what_the_octets_allow)
{
    struct outcome o = load(4, 7, 80);

    ck_assert_uint_eq(o.answered, 800);
    ck_assert(o.p99 < 40);
    ck_assert_uint_le(o.outstanding, 4);
}
END_TEST

/** The queue grows until the channels run out; what was placed is answered all the same. */
START_TEST(more_than_they_allow)
{
    struct outcome o = load(4, 7, 100);

    ck_assert_uint_lt(o.answered, o.placed);
    ck_assert_uint_gt(o.answered, 700);
    ck_assert(o.most < 1000);
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("rate");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_the_octets_allow);
    tcase_add_test(t, more_than_they_allow);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("exchange_rate", fill);
}
