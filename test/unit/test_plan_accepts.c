/* Whose request it is, by its source: what the index says is what going through all trunks says. */
#include "gw/plan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRUNKS 100
#define ASKED  20000

static uint64_t state;

static unsigned pick(unsigned n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % n;
}

/** Few enough that blocks overlap and addresses are met. */
static void some_address(char out[64], bool six)
{
    if (six)
        snprintf(out, 64, "2001:db8:%x::%x", pick(3), pick(100));
    else
        snprintf(out, 64, "10.%u.%u.%u", pick(2), pick(3), pick(100));
}

static char taken[4 * TRUNKS][64];
static unsigned ntaken;

/** A block that no trunk has yet: two of the same are refused. */
static void some_block(char out[64], unsigned *bits)
{
    for (;;) {
        bool six = pick(3) == 0;
        unsigned i = 0;
        *bits = pick(2) == 0 ? (six ? 128 : 32) : six ? 48 : 17 + pick(15);
        some_address(out, six);
        if (six && *bits == 48)
            snprintf(out, 64, "2001:db8:%x::", pick(3));
        else if (!six && *bits < 32) {
            uint32_t n = 10u << 24 | pick(2) << 16 | pick(3) << 8 | pick(100);
            n &= ~0u << (32 - *bits);
            snprintf(out, 64, "%u.%u.%u.%u", n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255);
        }
        char key[72];
        snprintf(key, sizeof key, "%.50s/%u", out, *bits);
        while (i < ntaken && strcmp(taken[i], key) != 0)
            i++;
        if (i == ntaken) {
            snprintf(taken[ntaken++], 64, "%.63s", key);
            return;
        }
    }
}

static void add_trunk(struct rt_buf *out, unsigned i)
{
    char a[64];
    unsigned n = pick(3), bits;

    do
        some_block(a, &bits);
    while (bits != 32 && bits != 128);
    rt_buf_printf(out,
                  strchr(a, ':') ? "trunk t%u {\n sip sip:[%s]\n numbers e164\n"
                                 : "trunk t%u {\n sip sip:%s\n numbers e164\n",
                  i, a);
    for (unsigned k = 0; k < n; k++) {
        some_block(a, &bits);
        rt_buf_printf(out, "%s %s/%u", k == 0 ? " accept from" : ",", a, bits);
    }
    rt_buf_puts(out, n > 0 ? "\n}\n" : "}\n");
}

/** The definition: the longest block that holds the source, of several the first trunk's. */
static const struct gw_trunk *reference(const struct gw_plan *p, const union rt_addr *from)
{
    const struct gw_trunk *best = NULL;
    unsigned closest = 0;

    for (unsigned i = 0; i < p->ntrunks; i++) {
        const struct gw_trunk *t = &p->trunks[i];
        unsigned c = 0;
        if (t->naccept == 0 && rt_addr_same_host(&t->peer, from))
            c = 129;
        for (unsigned k = 0; k < t->naccept; k++)
            if (rt_cidr_contains(&t->accept[k], from) && t->accept[k].bits + 1 > c)
                c = t->accept[k].bits + 1;
        if (c > closest) {
            closest = c;
            best = t;
        }
    }
    return best;
}

START_TEST(the_index_says_what_all_trunks_say)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;
    struct rt_buf text = {0};
    unsigned found = 0;

    state = (uint64_t)_i + 1;
    ntaken = 0;
    printf("seed %d\n", _i + 1);
    rt_buf_puts(&text, "version 1\nsip { listen udp:0.0.0.0:5060, udp:[::]:5060 }\n");
    for (unsigned i = 0; i < TRUNKS; i++)
        add_trunk(&text, i);
    int err = gw_plan_parse(&p, "t.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%.300s", diag.text.p);
    for (unsigned i = 0; i < ASKED; i++) {
        char a[64];
        union rt_addr from;
        some_address(a, pick(4) == 0);
        ck_assert_int_eq(rt_addr_parse(&from, a, strlen(a), 5060), 0);
        const struct gw_trunk *want = reference(p, &from);
        ck_assert_msg(gw_plan_accepts(p, &from) == want, "%s: not %s", a,
                      want ? want->name : "none");
        found += want != NULL;
    }
    ck_assert_uint_gt(found, ASKED / 2);
    gw_plan_unref(p);
    conf_diag_release(&diag);
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan accepts");
    TCase *tc = tcase_create("accepts");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, the_index_says_what_all_trunks_say, 0, 4);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
