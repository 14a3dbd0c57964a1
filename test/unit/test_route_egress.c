/* The last step: numbers in each trunk's form, and a caller that the trunk owns. Also what holds of
 * every decision: it is the same explained or not, and its explanation is JSON.
 */
#include "test/unit/route_rig.h"

#include <jansson.h>

#define PLAN(trunk)                                                                                \
    ROUTE_HEAD "trunk pbx {\n sip sip:10.0.0.2\n}\n"                                               \
               "trunk a {\n sip sip:10.0.0.3\n" trunk "\n}\nroutes from pbx {\n * -> a\n}\n"

/** +4930123456 and +4312345678, and an extension, in each form. */
START_TEST(numbers_in_every_form)
{
    static const struct {
        const char *form, *home, *abroad, *extension;
        enum dp_ton home_ton, abroad_ton;
    } rows[] = {
        {"e164", "+4930123456", "+4312345678", "+493090182123", DP_TON_INTERNATIONAL,
         DP_TON_INTERNATIONAL},
        {"e164-bare", "4930123456", "4312345678", "493090182123", DP_TON_INTERNATIONAL,
         DP_TON_INTERNATIONAL},
        {"national-prefix", "030123456", "004312345678", "03090182123", DP_TON_UNKNOWN,
         DP_TON_UNKNOWN},
        {"isdn", "30123456", "4312345678", "3090182123", DP_TON_NATIONAL, DP_TON_INTERNATIONAL},
        {"isup-national", "30123456", "4312345678", "3090182123", DP_TON_NATIONAL,
         DP_TON_INTERNATIONAL},
        {"isup-international", "4930123456", "4312345678", "493090182123", DP_TON_INTERNATIONAL,
         DP_TON_INTERNATIONAL},
        {"as-dialled", "030123456", "004312345678", "123", DP_TON_UNKNOWN, DP_TON_UNKNOWN},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        route_plan(PLAN("numbers %s"), rows[i].form);
        q.calling = route_number("123");
        route_is("pbx", "+4930123456", "a");
        route_called(0, rows[i].home);
        route_calling(0, rows[i].extension);
        ck_assert_int_eq(d.hop[0].called.ton, rows[i].home_ton);
        route_is("pbx", "+4312345678", "a");
        route_called(0, rows[i].abroad);
        ck_assert_int_eq(d.hop[0].called.ton, rows[i].abroad_ton);
        ck_assert_int_eq(d.hop[0].called.npi, DP_NPI_ISDN);
        route_is("pbx", "*21#", "a"); /* no number of any country: as it is */
        route_called(0, "*21#");
        ck_assert_int_eq(d.hop[0].called.ton, DP_TON_UNKNOWN);
        gw_plan_unref(plan);
        plan = NULL;
    }
}
END_TEST

START_TEST(rules_of_a_trunks_own)
{
    route_plan("normalise odd {\n ton international * => +*\n unknown 0(x*) => +49\\1\n"
               " out +49* => 0*\n out +43* => 99* ton national\n}\n" PLAN(
                   "numbers odd") "routes from a {\n * -> pbx\n}\n");
    q.calling = route_number("+4930123456");
    route_is("pbx", "+4930123456", "a");
    route_called(0, "030123456");
    route_calling(0, "030123456");
    route_is("pbx", "+4312345", "a");
    route_called(0, "9912345");
    ck_assert_int_eq(d.hop[0].called.ton, DP_TON_NATIONAL);
    route_is("pbx", "+3312345", "a"); /* no row: as trunks do that say nothing */
    route_is("a", "0305555555", "pbx");
    ck_assert_str_eq(route_number_text(&d.called), "+49305555555");
    q.called = (struct dp_number){.digits = "4412345", .ton = DP_TON_INTERNATIONAL};
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(route_number_text(&d.called), "+4412345");
}
END_TEST

START_TEST(the_routing_number_and_the_one_dialled)
{
    route_plan(
        "lnp n {\n table n.tdb\n on-error route undipped\n}\n" PLAN("numbers isup-national"));
    world.ported[0].number = route_number("+493012345678");
    rt_str_copy(world.ported[0].routing, DP_TEXT_LEN, rt_str("+4940777"));
    world.nported = 1;
    route_is("pbx", "+493012345678", "a");
    ck_assert_str_eq(route_number_text(&d.hop[0].routing), "40777");
    ck_assert_int_eq(d.hop[0].routing.ton, DP_TON_NATIONAL);
    route_called(0, "3012345678"); /* the generic address */
}
END_TEST

START_TEST(a_caller_that_the_trunk_owns)
{
    route_plan(PLAN("numbers e164\nown +4930901821[00..99], +493055*"));
    q.calling = route_number("123");
    q.calling.screen = DP_USER_PASSED;
    route_is("pbx", "+431", "a");
    route_calling(0, "+493090182123");
    ck_assert_int_eq(d.hop[0].calling.screen, DP_USER_PASSED);
    q.calling = route_number("+4312345678"); /* not ours: the house's */
    route_is("pbx", "+431", "a");
    route_calling(0, "+4930901820");
    ck_assert_int_eq(d.hop[0].calling.present, DP_ALLOWED);
    q.calling.present = DP_RESTRICTED;
    route_is("pbx", "+431", "a");
    route_calling(0, "+4930901820");
    ck_assert_int_eq(d.hop[0].calling.present, DP_RESTRICTED);
    q.calling = (struct dp_number){.present = DP_UNAVAILABLE};
    route_is("pbx", "+431", "a");
    route_calling(0, "+4930901820");
    ck_assert_int_eq(d.hop[0].calling.present, DP_ALLOWED);
}
END_TEST

START_TEST(without_a_house_he_is_not_shown)
{
    route_plan("version 1\nsip {\n listen udp:10.0.0.1:5060\n}\n"
               "trunk pbx {\n sip sip:10.0.0.2\n}\n"
               "trunk a {\n sip sip:10.0.0.3\n own +49*\n}\nroutes from pbx {\n * -> a\n}\n");
    q.calling = route_number("+4312345678");
    route_is("pbx", "+431", "a");
    route_calling(0, "");
    q.calling = route_number("+4912345678");
    route_is("pbx", "+431", "a");
    route_calling(0, "+4912345678");
}
END_TEST

/* ---- of every decision ---- */

static bool same_decision(const struct gw_decision *x, const struct gw_decision *y)
{
    if (x->nhops != y->nhops || x->cause != y->cause || x->rejects != y->rejects ||
        x->complete != y->complete || x->route != y->route || x->choice != y->choice ||
        x->emergency != y->emergency || x->refused != y->refused || x->dipped != y->dipped ||
        x->nby != y->nby || !dp_number_equal(&x->key, &y->key) ||
        !dp_number_equal(&x->called, &y->called) || !dp_number_equal(&x->calling, &y->calling))
        return false;
    for (unsigned i = 0; i < x->nhops; i++) {
        const struct gw_hop *a = &x->hop[i], *b = &y->hop[i];
        if (a->trunk != b->trunk || a->group != b->group || a->lcr != b->lcr || a->ask != b->ask ||
            a->preempt != b->preempt || a->offer != b->offer ||
            !dp_number_equal(&a->called, &b->called) || a->called.ton != b->called.ton ||
            !dp_number_equal(&a->calling, &b->calling) ||
            !dp_number_equal(&a->routing, &b->routing) || strcmp(a->carrier.rn, b->carrier.rn) != 0)
            return false;
    }
    return true;
}

/** Explains `q`: the decision is that without, and what is written is JSON and lines of text. */
static void explain(uint64_t seed)
{
    struct gw_decision plain, told;
    struct gw_explain why = {.step = 0};
    struct rt_buf json = {0};
    json_error_t error;

    fake_seed(seed);
    gw_route(&plain, plan, &q, NULL);
    fake_seed(seed);
    gw_route(&told, plan, &q, &why);
    ck_assert_msg(same_decision(&plain, &told), "seed %llu", (unsigned long long)seed);
    gw_explain_json(&json, &why);
    json_t *root = json_loadb(json.p, json.n, 0, &error);
    ck_assert_msg(root != NULL, "seed %llu: %s\n%s", (unsigned long long)seed, error.text, json.p);
    json_t *steps = json_object_get(root, "steps");
    ck_assert_uint_ge(json_array_size(steps), 3);
    for (size_t i = 0; i < json_array_size(steps); i++)
        ck_assert(json_is_string(json_object_get(json_array_get(steps, i), "step")));
    ck_assert_ptr_nonnull(strstr(why.text.p, " 1 ingress     "));
    ck_assert_ptr_nonnull(strstr(why.text.p, "normalise"));
    json_decref(root);
    rt_buf_release(&json);
    gw_explain_release(&why);
}

/** Every statement of the pipeline in one plan. */
#define EVERYTHING                                                                                 \
    ROUTE_HEAD                                                                                     \
    "list bad { csv bad.csv }\ncalendar days {\n date 2026-12-24, 2026-12-31 12:00-24:00\n}\n"     \
    "time open {\n weekly mon-fri 08:00-18:00\n except days\n}\n"                                  \
    "normalise odd {\n unknown 0#(xxx)* => +44\\1*\n out +44* => 0*\n}\n"                          \
    "deck alpha {\n csv alpha.csv\n currency EUR\n}\n"                                             \
    "deck beta {\n csv beta.csv\n currency EUR\n}\n"                                               \
    "class staff {\n allow *, national\n deny +881*, premium reject 57 \"no \\\"way\\\"\"\n"       \
    " deny caller +43*, in bad\n limit 3 calls, 10 min/day +44*\n"                                 \
    " fraud 3 EUR/day international then block international 1h\n loop hops 3\n}\n"                \
    "trunk pbx {\n sip sip:10.0.0.2\n accept from 10.1.0.0/16\n numbers odd\n class staff\n}\n"    \
    "trunk a {\n sip sip:10.0.0.3\n numbers e164\n own +4930*\n limit 4 calls\n}\n"                \
    "trunk b {\n sip sip:10.0.0.4\n numbers isup-national\n reserve 1 channels for priority\n}\n"  \
    "trunk pri {\n span 1\n numbers isdn\n}\ntrunk pri2 {\n span 2\n numbers as-dialled\n}\n"      \
    "trunk peers {\n sip enum\n numbers e164\n}\n"                                                 \
    "group g {\n trunks pri, pri2\n hunt least-busy, channels odd\n limit 50 calls +44*\n"         \
    " reserve 4 channels for emergency\n crankback on cause 34, sip 503\n}\n"                      \
    "customer acme {\n trunks a\n limit 5 cps\n deck alpha\n}\n"                                   \
    "lcr cheap {\n offer alpha via g\n offer beta via b\n margin 5%%\n demote asr < 35%%\n}\n"     \
    "lnp n {\n table n.tdb\n for +4930*, +1*\n on-miss mark npdi\n on-error route undipped\n}\n"   \
    "enum private {\n suffix e164.example\n}\n"                                                    \
    "emergency {\n numbers 112\n accept 0112\n send g, a\n preempt newest ordinary\n"              \
    " location 10.1.0.0/24 caller +493012345678 \"floor \\\"1\\\"\"\n callback 30min\n}\n"         \
    "routes from pbx {\n tgrp keep\n 1xx -> pbx\n *21* -> echo\n 112 -> a\n"                       \
    " national -> g, a called +4930111, reject 17 \"gone\"\n"                                      \
    " +44* {\n when caller +44*, open -> a 70%%, b 30%%\n when header X ~ /^a/ -> b\n"             \
    " when load g > 80%% -> a\n when in -> a\n otherwise -> lcr cheap\n}\n"                        \
    " 9* {\n strip 1\n}\n 8* {\n rewrite 8(x)* => +44\\1*\n name \"x\"\n}\n 7 {\n called 7\n}\n"   \
    " in bad -> busy\n +1* -> enum private, lcr cheap only quality > 50%%\n"                       \
    " +4930901820 -> emergency callback, customer acme\n}\n"                                       \
    "routes from g, a {\n * {\n when caller private -> pbx\n when not caller bad* -> b\n}\n}\n"

static void files(void)
{
    route_file("bad.csv", "prefix\n881\n+4477\n");
    route_file("alpha.csv", "prefix,rate\n44,0.010\n1,0.02\n");
    route_file("beta.csv", "prefix,rate\n44,0.012\n1,0.01\n");
}

/** The plan above without what is wrong in it on purpose. */
static void everything(void)
{
    static char text[2 * sizeof(EVERYTHING)];
    char *at;

    files();
    snprintf(text, sizeof text, EVERYTHING);
    while ((at = strstr(text, " when in -> a\n")) != NULL)
        memmove(at, at + 14, strlen(at + 14) + 1);
    while ((at = strstr(text, "caller bad*")) != NULL)
        memcpy(at, "caller +43*", 11);
    route_plan("%s", text);
}

static uint64_t any(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

static const char *any_number(uint64_t *s)
{
    static const char *const list[] = {
        "",
        "1",
        "112",
        "0112",
        "9112",
        "91",
        "123",
        "*21*5#",
        "030123456",
        "+493012345678",
        "+4930901820",
        "+4930901821",
        "+442079460",
        "+4477123",
        "81234567890",
        "0#12345678",
        "+12025331234",
        "+8811",
        "09001234567",
        "7",
        "99999123",
        "+4312345678",
        "+49112",
        "004420",
    };
    static char text[24];

    if (any(s, 3) > 0)
        return list[any(s, RT_COUNT(list))];
    size_t n = 0;
    if (any(s, 2))
        text[n++] = '+';
    for (size_t len = n + 1 + any(s, 14); n < len;)
        text[n++] = (char)('0' + any(s, 10));
    text[n] = '\0';
    return text;
}

static void any_query(uint64_t *s)
{
    static const char *const from[] = {"pbx", "a", "pri"};
    static struct gw_carrier carrier;

    memset(&world, 0, sizeof world);
    memset(&carrier, 0, sizeof carrier);
    q = (struct gw_route_query){.from = route_trunk(from[any(s, RT_COUNT(from))]),
                                .called = route_number(any_number(s)),
                                .calling = route_number(any_number(s)),
                                .bearer = (enum gw_bearer)any(s, 3),
                                .when = (int64_t)(1772000000 + any(s, 604800)),
                                .redirections = (unsigned)any(s, 6),
                                .world = any(s, 2) ? &world : NULL};
    q.called.ton = any(s, 4) ? q.called.ton : (enum dp_ton)any(s, 5);
    q.calling.present = (enum dp_present)any(s, 3);
    if (any(s, 2))
        rt_addr_parse(&q.source, "10.1.0.7", 8, 5060);
    if (any(s, 3) == 0) {
        rt_str_copy(carrier.rn, sizeof carrier.rn, rt_str(any(s, 2) ? "+12025440000" : ""));
        carrier.npdi = any(s, 2);
        q.carrier = &carrier;
    }
    for (unsigned i = (unsigned)any(s, 3); i > 0; i--)
        if (any(s, 2))
            route_busy(any(s, 2) ? "pri" : "a");
        else
            route_down(any(s, 2) ? "pri2" : "b");
    if (any(s, 3) == 0) {
        world.ported[0].number = q.called;
        rt_str_copy(world.ported[0].routing, DP_TEXT_LEN, rt_str("+442079460000"));
        world.nported = 1;
    }
}

START_TEST(an_explanation_changes_nothing)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 20261122, s = seed;

    printf("route_egress: seed %llu\n", (unsigned long long)seed);
    everything();
    for (unsigned i = 0; i < 3000; i++) {
        any_query(&s);
        explain(s);
    }
}
END_TEST

START_TEST(limits_are_explained_too)
{
    everything();
    route_start();
    for (uint64_t i = 0, s = 7; i < 300; i++) {
        any_query(&s);
        q.gw = gateway;
        explain(s);
    }
    route_end();
}
END_TEST

/* ---- faults everywhere ---- */

/** A plan without its line `n`, or with that line spoilt: it is refused or not, and all is given
 * back (the address sanitizer looks). */
static void spoil(const char *text, unsigned n, unsigned how)
{
    static char out[2 * sizeof(EVERYTHING)];
    size_t len = 0;
    unsigned line = 0;

    for (const char *p = text; *p; line++) {
        const char *end = strchrnul(p, '\n');
        const char *word = p + strspn(p, " "), *cut = end;
        if (line == n && how == 0)
            cut = p;
        if (line == n && how == 1) /* its last word is missing */
            while (cut > word && cut[-1] != ' ')
                cut--;
        len += (size_t)snprintf(out + len, sizeof out - len, "%.*s%s\n", (int)(cut - p), p,
                                line == n && how == 2 ? " 1yz" : "");
        p = *end ? end + 1 : end;
    }
    memset(&diag, 0, sizeof diag);
    gw_plan_parse(&plan, "t.conf", rt_str(out), &diag);
    gw_plan_unref(plan);
    plan = NULL;
    conf_diag_release(&diag);
    memset(&diag, 0, sizeof diag);
}

START_TEST(a_plan_with_a_fault_gives_everything_back)
{
    static char text[2 * sizeof(EVERYTHING)];
    unsigned lines = 0, alive = gw_plans_alive();

    files();
    snprintf(text, sizeof text, EVERYTHING);
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    for (unsigned n = 0; n < lines; n++)
        for (unsigned how = 0; how < 3; how++)
            spoil(text, n, how);
    ck_assert_uint_eq(gw_plans_alive(), alive);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {numbers_in_every_form,
                                  rules_of_a_trunks_own,
                                  the_routing_number_and_the_one_dialled,
                                  a_caller_that_the_trunk_owns,
                                  without_a_house_he_is_not_shown,
                                  an_explanation_changes_nothing,
                                  limits_are_explained_too,
                                  a_plan_with_a_fault_gives_everything_back};
    return route_main("route_egress", tests, RT_COUNT(tests));
}
