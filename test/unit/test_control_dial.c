/* `show` of the dial plan: what each verb says of a running gateway, and what routes count. */
#include "dialplan/ported.h"
#include "gw/admin/control_priv.h"
#include "gw/emergency.h"
#include "gw/enum.h"
#include "gw/gw.h"
#include "gw/hits.h"
#include "gw/performance.h"
#include "gw/quota.h"
#include "gw/rt/file.h"
#include "gw/counters.h"
#include "test/fake/fake.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

static const char head[] = "version 1\n"
                           "sip { listen udp:127.0.0.1:5060\n"
                           "resolver 192.0.2.53 }\n"
                           "media { address 127.0.0.1\n"
                           "ports 16384-16483\n"
                           "codecs pcma }\n"
                           "site berlin { dialling de area 30 }\n";
/* line 8 */
static const char trunks[] = "trunk pbx { sip sip:127.0.0.1:5062\n"
                             "site berlin\n"
                             "numbers e164\n"
                             "class staff }\n"
                             "trunk a { sip sip:192.0.2.1\n"
                             "numbers e164\n"
                             "cic +1-6789\n"
                             "limit 10 calls }\n"
                             "trunk b { sip sip:192.0.2.2\n"
                             "numbers e164\n"
                             "limit 4 calls }\n"
                             "trunk peers { sip enum\n"
                             "numbers e164\n"
                             "domains *.example }\n"
                             "group lines { trunks a, b\n"
                             "hunt round-robin\n"
                             "reserve 2 channels for emergency, priority }\n"
                             "class staff { deny called premium, +4999*\n"
                             "deny caller +4930666*\n"
                             "limit 3 calls\n"
                             "    fraud 30 EUR/day then block international 12h }\n";
/* line 29 */
static const char tables[] = "deck alpha { csv alpha.csv\n"
                             "currency USD }\n"
                             "deck beta { csv beta.csv\n"
                             "currency EUR at 1 }\n"
                             "list irsf { csv irsf.csv }\n"
                             "lnp npac { table npac.tdb }\n"
                             "enum own { suffix e164.example\n"
                             "service sip\n"
                             "timeout 300ms\n"
                             "cache 1h, negative 5min }\n"
                             "emergency { numbers 112, 110\n"
                             "send lines, b\n"
                             "callback 30min }\n";
/* line 42 */
static const char routes[] = "routes from pbx {\n"
                             "    national -> lines, a\n"
                             "    +1* {\n"
                             "        when caller unknown -> reject 21\n"
                             "        otherwise -> a 70%, b 30%\n"
                             "    }\n"
                             "    7788#* { strip 5\n"
                             "prepend +1 }\n"
                             "    +44* -> enum own, a\n"
                             "}\n"
                             "routes from a, b {\n"
                             "    +49* -> pbx\n"
                             "}\n"
                             /* it would take back what a test has taken by hand, without a call */
                             "auditor every never\n";

static struct rt_loop *loop;
static struct gw_plan *plan;
static struct gw *gw;
static struct rt_buf out;
static struct gw_answer answer;

static void put(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static void put_ported(void)
{
    const struct dp_ported_rules rules = {.country = "1"};
    struct dp_ported_report report;
    char why[DP_PORTED_WHY];

    put("npac.csv", "number,routing\n2025331234,2025440000\n");
    ck_assert_int_eq(dp_ported_build("npac.csv", "npac.tdb", &rules, &report, why), 0);
}

static struct gw_plan *read_plan(const char *more)
{
    struct rt_buf text = {0};
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    rt_buf_printf(&text, "%s%s%s%s%s", head, trunks, tables, routes, more);
    int err = gw_plan_parse(&p, "t.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    rt_buf_release(&text);
    return p;
}

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    (void)line;
}

static void setup(void)
{
    struct rt_buf why = {0};

    fake_reset();
    rt_log_sink(quiet, NULL);
    put("alpha.csv", "prefix,rate,first,step,name\n44,0.01,60,60,UK\n4420,0.005,1,1,London\n");
    put("beta.csv", "prefix,rate\n1,0.002\n1x,0.5\n");
    put("irsf.csv", "prefix\n882\n883\n");
    put_ported();
    plan = read_plan("");
    rt_loop_new(&loop, "test");
    int err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    memset(&answer, 0, sizeof answer);
}

static void teardown(void)
{
    struct fake_leaks leaks;

    gw_stop(gw);
    gw = NULL;
    gw_plan_unref(plan);
    fake_settle();
    rt_loop_free(loop);
    rt_buf_release(&out);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.udp + leaks.streams + leaks.listeners, 0);
    rt_log_sink(NULL, NULL);
}

/** The exit code of the words of a line; what it said is in `out`, every line an object. */
static int ask(const char *line)
{
    char text[200];
    const char *word[10];
    size_t n = 0;

    snprintf(text, sizeof text, "%s", line);
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        word[n++] = w;
    rt_buf_reset(&out);
    answer = (struct gw_answer){.gw = gw, .plan = gw->plan, .out = &out};
    int code = gw_control_run(&answer, n, word);
    for (struct rt_str rest = rt_buf_str(&out), l; rest.n > 0;) {
        l = rt_str_cut(&rest, '\n');
        json_t *j = json_loadb(l.p, l.n, 0, NULL);
        ck_assert_msg(json_is_object(j), "%.*s", RT_STR(l));
        json_decref(j);
    }
    return code;
}

static const char *said(void)
{
    return out.n > 0 ? out.p : "";
}

/** The line `i` of what was said, as far as a NUL. */
static const char *line(unsigned i)
{
    static char text[1000];
    struct rt_str rest = rt_buf_str(&out), l = {0};

    for (unsigned k = 0; k <= i && rest.n > 0; k++)
        l = rt_str_cut(&rest, '\n');
    rt_str_copy(text, sizeof text, l);
    return text;
}

static void has(const char *what)
{
    ck_assert_msg(strstr(said(), what) != NULL, "%s: not in\n%s(%s%s)", what, said(), answer.error,
                  answer.note);
}

static unsigned lines(void)
{
    unsigned n = 0;

    for (size_t i = 0; i < out.n; i++)
        n += out.p[i] == '\n';
    return n;
}

static struct dp_number number(const char *text)
{
    struct dp_number n = {.digits = ""};

    ck_assert(text[0] == '\0' || dp_number_parse(&n, rt_str(text)) == 0);
    return n;
}

/** A call is routed and dialled. */
static void call(const char *from, const char *caller, const char *called)
{
    struct gw_route_query q = {.gw = gw,
                               .from = gw_plan_trunk(gw->plan, rt_str(from)),
                               .called = number(called),
                               .calling = number(caller),
                               .call = true};
    struct gw_decision d;

    gw_route(&d, gw->plan, &q, NULL);
    gw_hits_note(gw, &d);
}

/* ---- routes ---- */

START_TEST(routes_are_listed_as_they_stand)
{
    ck_assert_int_eq(ask("show routes"), 0);
    ck_assert_uint_eq(lines(), 5);
    ck_assert_str_eq(
        line(0), "{\"type\":\"routes\",\"from\":\"pbx\",\"number\":\"national\",\"to\":\"lines, "
                 "a\",\"hits\":0,\"last_hit\":\"\",\"at\":\"t.conf:43\"}");
    ck_assert_ptr_nonnull(
        strstr(line(1), "\"to\":\"when caller unknown -> reject 21; otherwise -> a 70%, b 30%\""));
    ck_assert_ptr_nonnull(strstr(line(2), "\"to\":\"changed, then routed again\""));
    ck_assert_ptr_nonnull(strstr(line(3), "\"to\":\"enum own, a\""));
    ck_assert_ptr_nonnull(strstr(line(4), "\"from\":\"a, b\",\"number\":\"+49*\""));
    ck_assert_int_eq(ask("show routes --from b"), 0);
    ck_assert_uint_eq(lines(), 1);
    ck_assert_int_eq(ask("show routes --from peers"), 0);
    ck_assert_str_eq(answer.note, "no routes");
    ck_assert_int_eq(ask("show routes --from c"), 1);
}
END_TEST

START_TEST(the_row_that_wins_is_marked)
{
    static const struct {
        const char *ask;
        unsigned lines, row, other; /* 99: none */
    } rows[] = {
        {"show routes +12025330000 --from pbx", 4, 1, 99},
        {"show routes 030123456 --from pbx", 4, 0, 99},
        {"show routes 7788#20253 --from pbx", 4, 1, 99}, /* by way of row 2 */
        {"show routes +4930123456 --from a", 1, 0, 99},
        {"show routes 030123456", 5, 0, 4},
        {"show routes +7495 --from pbx", 4, 99, 99},
    };
    unsigned wins = 0;

    ck_assert_int_eq(ask(rows[_i].ask), 0);
    ck_assert_uint_eq(lines(), rows[_i].lines);
    for (unsigned i = 0; i < rows[_i].lines; i++) {
        bool marked = strstr(line(i), "\"wins\":true") != NULL;
        ck_assert_msg(marked == (i == rows[_i].row || i == rows[_i].other), "%s", line(i));
        wins += marked;
    }
    ck_assert_uint_eq(wins, (rows[_i].row != 99) + (rows[_i].other != 99));
    ck_assert_int_eq(ask("show routes"), 0);
    ck_assert_ptr_null(strstr(said(), "wins"));
    ck_assert_ptr_null(strstr(said(), "\"hits\":1")); /* it is no call */
}
END_TEST

START_TEST(calls_count_and_explanations_do_not)
{
    fake_advance(RT_S);
    call("pbx", "", "+12025330000");
    call("pbx", "+493012", "+12025330000");
    call("pbx", "", "7788#20253");
    call("pbx", "", "+7495");
    ck_assert_int_eq(ask("route explain +12025330000 --from pbx"), 0);
    ck_assert_int_eq(ask("show routes"), 0);
    ck_assert_ptr_nonnull(strstr(line(0), "\"hits\":0,\"last_hit\":\"\""));
    ck_assert_ptr_nonnull(strstr(line(1), "\"hits\":3,\"last_hit\":\"20"));
    ck_assert_ptr_nonnull(strstr(line(2), "\"hits\":1,"));
    ck_assert_ptr_nonnull(strstr(line(3), "\"hits\":0,"));
    ck_assert_int_eq(ask("show metrics"), 0);
    has("\"name\":\"tandem_route_lookups_total\",\"labels\":\"\",\"value\":4");
    has("\"name\":\"tandem_route_misses_total\",\"labels\":\"\",\"value\":1");
}
END_TEST

/** What counts is the name of the routes and the number, wherever the row stands now. */
START_TEST(counts_go_on_over_a_new_plan)
{
    struct gw_plan *old = plan;

    call("pbx", "", "030123456");
    call("a", "", "+4930123456");
    plan = read_plan("routes from peers {\n    * -> pbx\n}\n");
    gw->plan = gw_plan_ref(plan);
    ck_assert_int_eq(gw_quota_tie(gw->plan, gw->limits), 0);
    ck_assert_int_eq(ask("show routes"), 0);
    ck_assert_uint_eq(lines(), 6);
    ck_assert_ptr_nonnull(strstr(line(0), "\"hits\":1,"));
    ck_assert_ptr_nonnull(strstr(line(4), "\"hits\":1,"));
    ck_assert_ptr_nonnull(strstr(line(5), "\"hits\":0,"));
    call("a", "", "+4930123456");
    ck_assert_int_eq(ask("show routes"), 0);
    ck_assert_ptr_nonnull(strstr(line(4), "\"hits\":2,"));
    gw_quota_untie(old);
    gw_plan_unref(old); /* of the gateway */
    gw_plan_unref(old);
}
END_TEST

START_TEST(a_long_table_is_cut)
{
    struct rt_buf text = {0};
    struct gw_plan *old = plan;

    rt_buf_puts(&text, "routes from peers {\n");
    for (unsigned i = 0; i < 1500; i++)
        rt_buf_printf(&text, "    +7%u -> pbx\n", 10000 + i);
    rt_buf_puts(&text, "}\n");
    plan = read_plan(text.p);
    gw->plan = gw_plan_ref(plan);
    ck_assert_int_eq(gw_quota_tie(gw->plan, gw->limits), 0);
    ck_assert_int_eq(ask("show routes"), 0);
    ck_assert_uint_eq(lines(), 1000);
    ck_assert_str_eq(answer.note, "and 505 more: --all lists them");
    ck_assert_int_eq(ask("show routes --all"), 0);
    ck_assert_uint_eq(lines(), 1505);
    ck_assert_int_eq(ask("show routes +711499 --from peers"), 0);
    ck_assert_uint_eq(lines(), 1001); /* the one that wins is never left out */
    ck_assert_ptr_nonnull(strstr(line(1000), "\"wins\":true"));
    rt_buf_release(&text);
    gw_quota_untie(old);
    gw_plan_unref(old);
    gw_plan_unref(old);
}
END_TEST

/* ---- groups, classes, emergency ---- */

START_TEST(a_group_says_who_is_in_it)
{
    ck_assert_int_eq(ask("show groups"), 0);
    ck_assert_uint_eq(lines(), 2);
    ck_assert_str_eq(line(0), "{\"type\":\"group\",\"group\":\"lines\",\"hunt\":\"round-robin\","
                              "\"trunk\":\"a\",\"state\":\"up\",\"busy\":0,\"total\":10,"
                              "\"reserve\":\"2 for emergency, priority\",\"cic\":\"+1-6789\","
                              "\"at\":\"t.conf:22\"}");
    ck_assert_ptr_nonnull(
        strstr(line(1), "\"trunk\":\"b\",\"state\":\"up\",\"busy\":0,\"total\":4"));
    ck_assert_int_eq(ask("block a"), 0);
    ck_assert_int_eq(ask("show groups"), 0);
    ck_assert_ptr_nonnull(strstr(line(0), "\"state\":\"blocked by the operator\""));
}
END_TEST

START_TEST(a_class_says_how_much_it_has)
{
    ck_assert_int_eq(ask("show classes"), 0);
    ck_assert_str_eq(line(0), "{\"type\":\"class\",\"class\":\"staff\",\"called\":2,\"callers\":1,"
                              "\"others\":\"allowed\",\"limits\":2,\"trunks\":1,"
                              "\"at\":\"t.conf:25\"}");
}
END_TEST

START_TEST(emergency_names_numbers_ways_and_callers)
{
    struct dp_number shown = number("+4930901820"), caller = number("+49309018217");

    gw_emergency_remember(gw, &shown, gw_plan_trunk(plan, rt_str("pbx")), &caller);
    fake_advance(60 * RT_S);
    ck_assert_int_eq(ask("show emergency"), 0);
    ck_assert_uint_eq(lines(), 6);
    ck_assert_str_eq(line(0),
                     "{\"type\":\"emergency_number\",\"number\":\"112\",\"at\":\"t.conf:39\"}");
    ck_assert_str_eq(line(2), "{\"type\":\"emergency_way\",\"way\":\"a\",\"group\":\"lines\","
                              "\"state\":\"up\",\"busy\":0,\"total\":10}");
    ck_assert_ptr_nonnull(strstr(line(4), "\"way\":\"b\",\"state\""));
    ck_assert_str_eq(line(5), "{\"type\":\"emergency_caller\",\"shown\":\"+4930901820\",\"caller\":"
                              "\"+49309018217\",\"trunk\":\"pbx\",\"ago_s\":60,\"left_s\":1740}");
    fake_advance(1741 * RT_S);
    ck_assert_int_eq(ask("show emergency"), 0);
    ck_assert_uint_eq(lines(), 5);
}
END_TEST

/* ---- limits, carriers ---- */

START_TEST(limits_say_what_is_used_and_blocks_are_lifted)
{
    const struct gw_limit_call cost = {.rate = 60000000}; /* 60 EUR a minute */
    const struct gw_trunk *pbx = gw_plan_trunk(plan, rt_str("pbx"));
    struct dp_number called = number("+12025330000");
    struct gw_limit_token *token;
    struct gw_limit_clock clock;
    struct gw_quota_uses uses;

    gw_quota_caller(&uses, plan, pbx, &called);
    gw_quota_clock(&clock, plan, 0);
    ck_assert_int_eq(gw_limits_take(uses.use, uses.n, &cost, &clock, NULL, &token), 0);
    gw_limits_answered(token, &clock);
    ck_assert_int_eq(ask("show limits"), 0);
    has("{\"type\":\"limit\",\"scope\":\"class\",\"name\":\"staff\",\"what\":\"calls\",\"set\":"
        "\"\","
        "\"used\":1,\"value\":3,\"unit\":\"\",\"window\":\"\",\"limited\":false}");
    has("\"what\":\"money\",\"set\":\"\",\"used\":0.00,\"value\":30.00,\"unit\":\"EUR\","
        "\"window\":\"day\",\"limited\":false,\"blocked_s\":0,\"block_set\":\"international\"");
    has("\"scope\":\"trunk\",\"name\":\"a\",\"what\":\"calls\",\"set\":\"\",\"used\":0,\"value\":"
        "10");
    ck_assert_int_eq(ask("limits lift class staff"), 1);
    ck_assert_str_eq(answer.error, "class staff: nothing is blocked");
    fake_advance(60 * RT_S); /* 60 EUR: the gateway's own tick finds out */
    ck_assert_int_eq(ask("show limits"), 0);
    ck_assert_ptr_null(strstr(said(), "\"blocked_s\":0"));
    ck_assert_int_eq(ask("limits lift class staff"), 0);
    ck_assert_str_eq(answer.note, "class staff: 1 block lifted");
    ck_assert_int_eq(ask("show limits"), 0);
    has("\"blocked_s\":0");
    gw_quota_clock(&clock, plan, 0);
    gw_limits_release(token, -1, &clock);
    ck_assert_int_eq(ask("limits lift classes staff"), 2);
    ck_assert_int_eq(ask("limits lift class"), 2);
}
END_TEST

/** Three calls, one answered for 90 s, one busy, one that met no circuit (ITU-T E.425: the user
 * decided about two of three). */
START_TEST(carriers_show_how_well_they_did)
{
    static const struct gw_performance_event events[] = {
        {.what = GW_PERFORMANCE_ATTEMPT},
        {.what = GW_PERFORMANCE_SEIZED},
        {.what = GW_PERFORMANCE_RINGING, .ms = 2500},
        {.what = GW_PERFORMANCE_ANSWERED},
        {.what = GW_PERFORMANCE_ENDED, .ms = 90000, .cause = 16, .seized = true, .answered = true},
        {.what = GW_PERFORMANCE_ATTEMPT},
        {.what = GW_PERFORMANCE_SEIZED},
        {.what = GW_PERFORMANCE_ENDED, .cause = 17, .seized = true},
        {.what = GW_PERFORMANCE_ATTEMPT},
        {.what = GW_PERFORMANCE_SEIZED},
        {.what = GW_PERFORMANCE_ENDED, .cause = 34, .seized = true},
    };

    ck_assert_int_eq(ask("show carriers"), 0);
    ck_assert_str_eq(answer.note, "no calls have left yet");
    struct gw_performance_trunk *t = gw_performance_trunk(gw->performance, "a");
    for (size_t i = 0; i < RT_COUNT(events); i++)
        gw_performance_note(gw->performance, t, GW_PERFORMANCE_ALL, &events[i], rt_now());
    ck_assert_int_eq(ask("show carriers"), 0);
    ck_assert_str_eq(line(0), "{\"type\":\"carrier\",\"carrier\":\"a\",\"attempts\":3,"
                              "\"seizures\":3,\"answers\":1,\"effective\":2,\"talk_s\":90,"
                              "\"samples\":3,\"asr_percent\":33.30,\"ner_percent\":66.60,"
                              "\"acd_s\":90.00,\"pdd_s\":2.50}");
}
END_TEST

/* ---- tables ---- */

START_TEST(tables_say_how_much_they_have)
{
    ck_assert_int_eq(ask("show decks"), 0);
    ck_assert_uint_eq(lines(), 2);
    ck_assert_ptr_nonnull(strstr(
        line(0), "\"deck\":\"alpha\",\"currency\":\"USD\",\"rows\":2,\"bad\":0,\"rates\":2"));
    ck_assert_ptr_nonnull(
        strstr(line(0), "\"waiting\":0,\"next_change\":\"\",\"at\":\"t.conf:29\""));
    ck_assert_ptr_nonnull(strstr(line(1), "\"deck\":\"beta\""));
    ck_assert_ptr_nonnull(strstr(line(1), "\"rows\":1,\"bad\":1,"));
    ck_assert_int_eq(ask("show lists"), 0);
    ck_assert_ptr_nonnull(strstr(line(0), "\"list\":\"irsf\",\"file\":\"irsf.csv\",\"rows\":2"));
    ck_assert_int_eq(ask("show lnp"), 0);
    ck_assert_ptr_nonnull(strstr(line(0), "\"lnp\":\"npac\",\"table\":\"npac.tdb\",\"state\":"
                                          "\"open\",\"rows\":1,\"routings\":1,"));
    ck_assert_int_eq(ask("show metrics"), 0);
    has("\"name\":\"tandem_tables\",\"labels\":\"\",\"value\":4,");
    has("\"name\":\"tandem_table_rows\",\"labels\":\"table=\\\"alpha\\\",kind=\\\"deck\\\"\","
        "\"value\":2,");
    has("\"name\":\"tandem_table_rows\",\"labels\":\"table=\\\"irsf\\\",kind=\\\"list\\\"\","
        "\"value\":2,");
    has("\"name\":\"tandem_table_rejected_rows\",\"labels\":\"table=\\\"beta\\\",kind="
        "\\\"deck\\\"\","
        "\"value\":1,");
}
END_TEST

START_TEST(rates_name_their_row)
{
    ck_assert_int_eq(ask("show rates +442079460000"), 0);
    ck_assert_uint_eq(lines(), 1);
    ck_assert_str_eq(line(0),
                     "{\"type\":\"rate\",\"deck\":\"alpha\",\"prefix\":\"+4420\",\"rate\":"
                     "\"0.005000\",\"setup\":\"0.000000\",\"increments\":\"1/1\",\"currency\":"
                     "\"USD\",\"destination\":\"London\",\"source\":\"alpha.csv:3\"}");
    ck_assert_int_eq(ask("show rates 12025330000"), 0);
    ck_assert_ptr_nonnull(
        strstr(line(0), "\"deck\":\"beta\",\"prefix\":\"+1\",\"rate\":\"0.002000\""));
    ck_assert_int_eq(ask("show rates +49301234"), 0);
    ck_assert_str_eq(answer.note, "no deck has a rate for it");
    ck_assert_int_eq(ask("show rates 030123"), 2);
    ck_assert_int_eq(ask("show rates x"), 2);
    ck_assert_int_eq(ask("show rates"), 2);
}
END_TEST

START_TEST(ported_numbers_are_looked_up)
{
    ck_assert_int_eq(ask("show lnp +12025331234"), 0);
    ck_assert_str_eq(line(0), "{\"type\":\"ported\",\"lnp\":\"npac\",\"number\":\"+12025331234\","
                              "\"routing\":\"+12025440000\"}");
    ck_assert_int_eq(ask("show lnp +12025331235"), 0);
    has("\"routing\":\"not ported\"");
    ck_assert_int_eq(ask("show lnp 1 2"), 2);
}
END_TEST

static void answered(void *arg, const struct gw_enum_answer *a)
{
    *(enum gw_enum_result *)arg = a->result;
}

START_TEST(enum_says_what_it_remembers)
{
    struct gw_enum_config cfg = gw_enum_config(&plan->dial.enums[0]);
    struct dp_number n = number("+441632960083");
    enum gw_enum_result result = GW_ENUM_UNKNOWN;
    struct gw_enum_query *q;

    ck_assert_int_eq(ask("show enum"), 0);
    has("\"enum\":\"own\",\"suffix\":\"e164.example\",\"services\":\"sip\",\"via\":\"peers\","
        "\"timeout_ms\":300,\"cache_s\":3600,\"negative_s\":300,\"at\":\"t.conf:35\"");
    ck_assert_str_eq(answer.note, "0 numbers remembered");
    ck_assert_int_eq(ask("show enum +441632960083"), 0);
    ck_assert_str_eq(answer.note, "nothing is remembered of it");
    fake_dns_answer("3.8.0.0.6.9.2.3.6.1.4.4.e164.example", RT_DNS_NAPTR, 600,
                    "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@a.example!\" .");
    ck_assert_int_eq(gw_enum_ask(&q, gw->enums, &cfg, &n, answered, &result), 0);
    fake_advance(RT_S);
    ck_assert_int_eq(result, GW_ENUM_FOUND);
    ck_assert_int_eq(ask("show enum +441632960083"), 0);
    has("\"result\":\"found\",");
    has("\"order\":100,\"preference\":10,\"uri\":\"sip:info@a.example\"");
    ck_assert_int_eq(ask("show enum"), 0);
    ck_assert_str_eq(answer.note, "1 numbers remembered");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_dial");
    TCase *tc = tcase_create("show");
    SRunner *runner = srunner_create(suite);

    gw_stats_register();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, routes_are_listed_as_they_stand);
    tcase_add_loop_test(tc, the_row_that_wins_is_marked, 0, 6);
    tcase_add_test(tc, calls_count_and_explanations_do_not);
    tcase_add_test(tc, counts_go_on_over_a_new_plan);
    tcase_add_test(tc, a_long_table_is_cut);
    tcase_add_test(tc, a_group_says_who_is_in_it);
    tcase_add_test(tc, a_class_says_how_much_it_has);
    tcase_add_test(tc, emergency_names_numbers_ways_and_callers);
    tcase_add_test(tc, limits_say_what_is_used_and_blocks_are_lifted);
    tcase_add_test(tc, carriers_show_how_well_they_did);
    tcase_add_test(tc, tables_say_how_much_they_have);
    tcase_add_test(tc, rates_name_their_row);
    tcase_add_test(tc, ported_numbers_are_looked_up);
    tcase_add_test(tc, enum_says_what_it_remembers);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
