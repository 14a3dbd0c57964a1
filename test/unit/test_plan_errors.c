/* What is wrong with a plan, byte for byte: every error that the dial plan's statements can have,
 * with its place. */
#include "gw/plan.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/** What each case stands after: it begins at line 7. */
#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"        \
    "trunk pri { span 1 }\n"                                                                       \
    "trunk pbx { sip sip:10.0.0.2 }\n"

static const struct {
    const char *text, *want;
} cases[] = {
    /* the language */
    {"trunk x {\n sip sip:10.0.0.9\n limt 30 calls\n}\n",
     "t.conf:9:2: unknown word \"limt\" - did you mean \"limit\"?\n"},
    {"routes from pbx {\n 1yx -> pri\n}\n", "t.conf:8:2: \"1yx\" is not a number pattern\n"},
    {"routes from pbx {\n national -> pri\n national -> pbx\n}\n",
     "t.conf:9:2: \"national\" is already routed at line 8: put both in one block with \"when\"\n"},
    {"log \"info\n", "t.conf:7:5: string is not closed\n"},
    {"group { trunks pri }\n", "t.conf:7:1: \"group\" lacks a name\n"},
    {"group g { }\n", "t.conf:7:1: \"group\" lacks \"trunks\"\n"},
    {"emergency { numbers 110 }\n", "t.conf:7:1: \"emergency\" lacks \"send\"\n"},

    /* routes */
    {"routes from prx { * -> pri }\n",
     "t.conf:7:13: unknown trunk \"prx\" - did you mean \"pri\"?\n"},
    {"routes from pbx { * -> pri }\nroutes from pbx { 1* -> pri }\n",
     "t.conf:8:13: trunk \"pbx\" has its routes at t.conf:7:1 already\n"},
    {"routes from pbx {\n +49* pri\n}\n", "t.conf:8:7: \"->\" must follow the number \"+49*\"\n"},
    {"routes from pbx {\n +49*\n}\n",
     "t.conf:8:2: \"+49*\" leads nowhere: \"-> TRUNK\" is missing\n"},
    {"routes from pbx {\n +49* -> pri\n +49-* -> pbx\n}\n",
     "t.conf:9:2: \"+49-*\" is already routed at line 8: put both in one block with \"when\"\n"},
    {"routes from pbx {\n 1[00..99] -> pri\n 1xx -> pbx\n}\n",
     "t.conf:9:2: \"1xx\" is already routed at line 8: put both in one block with \"when\"\n"},
    {"routes from pbx {\n 1[9..1] -> pri\n}\n",
     "t.conf:8:2: \"1[9..1]\" has a range whose ends are not of one length, low to high\n"},
    {"routes from pbx {\n 1[1 -> pri\n}\n", "t.conf:8:2: \"1[1\" has a [ without ]\n"},
    {"routes from pbx {\n 1[10..20][10..20] -> pri\n}\n",
     "t.conf:8:2: \"1[10..20][10..20]\" has two ranges: one is enough for any block\n"},
    {"routes from pbx {\n in nolist -> pri\n}\n", "t.conf:8:5: unknown list \"nolist\"\n"},
    {"routes from pbx {\n in\n}\n", "t.conf:8:2: the name of a list is missing\n"
                                    "t.conf:8:2: \"in\" leads nowhere: \"-> TRUNK\" is missing\n"},
    {"routes from pbx {\n +49*21* -> pri\n}\n",
     "t.conf:8:2: \"+49*21*\" has a key that no E.164 number has: only a final * is a wildcard\n"},
    {"routes from pbx {\n 1xx { }\n}\n",
     "t.conf:8:2: \"1xx\" leads nowhere: \"-> TRUNK\" is missing\n"},
    {"routes from pbx {\n 1xx { present restricted }\n}\n",
     "t.conf:8:2: \"1xx\" leads nowhere: \"use TRUNK\" is missing\n"},
    {"routes from pbx {\n 1xx { otherwise -> pri\n when bearer data64 -> pbx }\n}\n",
     "t.conf:9:2: \"when\" is never reached: \"otherwise\" at line 8 always holds\n"},
    {"routes from pbx {\n 1xx { use pri\n otherwise -> pbx }\n}\n",
     "t.conf:9:2: \"otherwise\" is never reached: \"use\" at line 8 always holds\n"},
    {"routes from pbx {\n 1xx -> pri {\n use pbx }\n}\n",
     "t.conf:9:2: \"use\" is never reached: \"->\" at line 8 always holds\n"},
    {"routes from pbx {\n 1xx { when bearer data64 }\n}\n",
     "t.conf:8:8: \"-> TARGET\" is missing here\n"},
    {"routes from pbx {\n 1xx { otherwise pri }\n}\n",
     "t.conf:8:18: \"-> TARGET\" is missing here\n"},
    {"routes from pbx {\n 1xx { strip 0 }\n}\n", "t.conf:8:14: \"0\" is not within 1 to 40\n"},

    /* targets */
    {"routes from pbx {\n * -> prj\n}\n",
     "t.conf:8:7: unknown trunk \"prj\" - did you mean \"pri\"?\n"},
    {"routes from pbx {\n * ->\n}\n", "t.conf:8:4: nothing follows \"->\"\n"},
    {"routes from pbx {\n * -> pri,\n}\n", "t.conf:8:10: nothing follows \",\"\n"},
    {"routes from pbx {\n * -> pri, , pbx\n}\n", "t.conf:8:12: a target is missing here\n"},
    {"routes from pbx {\n * -> pri pbx\n}\n",
     "t.conf:8:11: unexpected \"pbx\": targets are parted by commas\n"},
    {"routes from pbx {\n * -> reject\n}\n",
     "t.conf:8:7: \"reject\" lacks a cause from 1 to 127, like: reject 21\n"},
    {"routes from pbx {\n * -> reject 0\n}\n",
     "t.conf:8:14: \"reject\" lacks a cause from 1 to 127, like: reject 21\n"},
    {"routes from pbx {\n * -> reject 200\n}\n",
     "t.conf:8:14: \"reject\" lacks a cause from 1 to 127, like: reject 21\n"},
    {"routes from pbx {\n * -> reject 21 sorry\n}\n",
     "t.conf:8:17: a text after the cause stands in quotes\n"},
    {"routes from pbx {\n * -> reject 21, pri\n}\n",
     "t.conf:8:18: \"pri\" is never reached: a refusal ends the list\n"},
    {"routes from pbx {\n * -> play\n}\n",
     "t.conf:8:7: \"play\" lacks a sound file, like: play /srv/closed.wav\n"},
    {"routes from pbx {\n * -> lcr\n}\n", "t.conf:8:2: the name of an \"lcr\" is missing\n"},
    {"routes from pbx {\n * -> lcr cheap\n}\n", "t.conf:8:11: unknown lcr \"cheap\"\n"},
    {"routes from pbx {\n * -> enum\n}\n", "t.conf:8:2: the name of an \"enum\" is missing\n"},
    {"routes from pbx {\n * -> enum x\n}\n", "t.conf:8:12: unknown enum \"x\"\n"},
    {"routes from pbx {\n * -> customer nobody\n}\n", "t.conf:8:16: unknown customer \"nobody\"\n"},
    {"routes from pbx {\n * -> emergency\n}\n",
     "t.conf:8:7: \"emergency\" wants: emergency callback\n"},
    {"routes from pbx {\n * -> emergency callback\n}\n",
     "t.conf:8:17: \"emergency\" has no \"callback\"\n"},
    {"routes from pbx {\n * -> pri called\n}\n", "t.conf:8:2: a number is missing\n"},
    {"routes from pbx {\n * -> pri called abc\n}\n",
     "t.conf:8:18: \"abc\" is not a telephone number like +4930901820\n"},
    {"routes from pbx {\n * -> pri 120%, pbx 10%\n}\n",
     "t.conf:8:11: \"120%\" is not a share of at most 100%\n"},
    {"routes from pbx {\n * -> pri 70%, pbx\n}\n",
     "t.conf:8:16: \"pbx\" has no share, others have\n"},
    {"routes from pbx {\n * -> pri, pri, pri, pri, pri, pri, pri, pri, pri\n}\n",
     "t.conf:8:47: a route has at most 8 targets\n"},

    /* conditions */
    {"routes from pbx {\n * { when -> pri }\n}\n", "t.conf:8:11: a condition is missing\n"},
    {"routes from pbx {\n * { when colour red -> pri }\n}\n",
     "t.conf:8:11: unknown condition \"colour\"\n"},
    {"routes from pbx {\n * { when beerer data64 -> pri }\n}\n",
     "t.conf:8:11: unknown condition \"beerer\" - did you mean \"bearer\"?\n"},
    {"routes from pbx {\n * { when caller -> pri }\n}\n",
     "t.conf:8:18: a number pattern is missing\n"},
    {"routes from pbx {\n * { when caller 1y -> pri }\n}\n",
     "t.conf:8:18: \"1y\" is not a number pattern\n"},
    {"routes from pbx {\n * { when from prx -> pri }\n}\n",
     "t.conf:8:16: unknown trunk \"prx\" - did you mean \"pri\"?\n"},
    {"routes from pbx {\n * { when time opem -> pri }\ntime open { weekly mon 08:00-18:00 }\n}\n",
     "t.conf:9:13: \"weekly\" belongs inside a \"time\" block\n"},
    {"routes from pbx {\n * { when opem -> pri }\n}\ntime open { weekly mon 08:00-18:00 }\n",
     "t.conf:8:11: unknown condition \"opem\" - did you mean \"open\"?\n"},
    {"routes from pbx {\n * { when bearer fast -> pri }\n}\n",
     "t.conf:8:18: \"fast\" is not a bearer: audio, speech or data64\n"},
    {"routes from pbx {\n * { when ton local -> pri }\n}\n",
     "t.conf:8:15: \"local\" is not unknown, international, national, network, subscriber or "
     "abbreviated\n"},
    {"routes from pbx {\n * { when category vip -> pri }\n}\n",
     "t.conf:8:20: \"vip\" is not ordinary, operator, priority, data, test or payphone\n"},
    {"routes from pbx {\n * { when redirect busy -> pri }\n}\n",
     "t.conf:8:20: \"redirect\" wants: redirect reason busy\n"},
    {"routes from pbx {\n * { when redirect reason bussy -> pri }\n}\n",
     "t.conf:8:27: unknown word \"bussy\" - did you mean \"busy\"?\n"},
    {"routes from pbx {\n * { when attest D -> pri }\n}\n",
     "t.conf:8:18: \"D\" is not A, B or C\n"},
    {"routes from pbx {\n * { when header X-A -> pri }\n}\n",
     "t.conf:8:18: \"header X-A\" wants: ~ /expression/\n"},
    {"routes from pbx {\n * { when header X-A ~ abc -> pri }\n}\n",
     "t.conf:8:24: \"abc\" is not an expression like /^a+$/\n"},
    {"routes from pbx {\n * { when header X-A ~ /(/ -> pri }\n}\n",
     "t.conf:8:24: the expression \"/(/\" has a group that is not closed\n"},
    {"routes from pbx {\n * { when header X-A ~ \"/((a{0,100}){0,100}){0,100}/\" -> pri }\n}\n",
     "t.conf:8:24: the expression \"/((a{0,100}){0,100}){0,100}/\" would need too much memory\n"},
    {"routes from pbx {\n * { when load pri 80% -> pri }\n}\n",
     "t.conf:8:16: \"load pri\" wants: > 80%\n"},
    {"routes from pbx {\n * { when load pri > full -> pri }\n}\n",
     "t.conf:8:22: \"full\" is not a percentage like 30%\n"},
    {"routes from pbx {\n * { when not -> pri }\n}\n", "t.conf:8:15: a condition is missing\n"},
    {"routes from pbx {\n"
     " * { when ton national, ton national, ton national, ton national, ton national, ton "
     "national, ton national, ton national, ton national -> pri }\n}\n",
     "t.conf:8:6: \"when\" has at most 8 conditions\n"},

    /* actions */
    {"routes from pbx {\n * { rewrite 9( => 1\n use pri }\n}\n",
     "t.conf:8:14: \"9( => 1\" has a ( without )\n"},
    {"routes from pbx {\n * { rewrite 9(x)* => \\3\n use pri }\n}\n",
     "t.conf:8:14: \"9(x)* => \\3\" names a group that the pattern has not\n"},
    {"routes from pbx {\n * { called abc\n use pri }\n}\n",
     "t.conf:8:13: \"abc\" is not a telephone number like +4930901820\n"},
    {"routes from pbx {\n * { present maybe\n use pri }\n}\n",
     "t.conf:8:14: \"maybe\" is none of allowed|restricted\n"},
    {"routes from pbx {\n * { ton local\n use pri }\n}\n",
     "t.conf:8:10: \"local\" is none of international|national|subscriber|unknown\n"},

    /* limits and fraud */
    {"class c { limit many calls }\n", "t.conf:7:17: \"many\" is not an amount like 30\n"},
    {"class c { limit 30 }\n", "t.conf:7:11: a unit is missing\n"},
    {"class c { limit 30 apples }\n",
     "t.conf:7:20: \"apples\" is not calls, cps, calls/day, min/day or EUR/day\n"},
    {"class c { limit 30 min }\n",
     "t.conf:7:20: \"min\" is not calls, cps, calls/day, min/day or EUR/day\n"},
    {"class c { limit 3 cps/day }\n",
     "t.conf:7:19: \"cps/day\" is not calls, cps, calls/day, min/day or EUR/day\n"},
    {"class c { limit 30 min/week }\n",
     "t.conf:7:20: \"min/week\" is not calls, cps, calls/day, min/day or EUR/day\n"},
    {"class c { limit 0 calls }\n", "t.conf:7:17: \"0\" is not an amount like 30\n"},
    {"class c { limit 30 calls burst x }\n",
     "t.conf:7:32: \"x\" is not a burst from 1 to 100000\n"},
    {"class c { limit 30 EUR/day same destination }\n",
     "t.conf:7:28: \"same\" wants: 10 calls same destination\n"},
    {"class c { fraud 30 EUR/day }\n",
     "t.conf:7:11: \"fraud\" wants: then block [NUMBERS] DURATION\n"},
    {"class c { fraud 30 EUR/day then block soon }\n",
     "t.conf:7:39: \"soon\" is not a number pattern\n"},
    {"class c { fraud 30 EUR/day then block international }\n",
     "t.conf:7:11: a duration is missing\n"},
    {"class c { limit 9 calls 1yx }\n", "t.conf:7:25: \"1yx\" is not a number pattern\n"},
    {"trunk y { sip sip:10.0.0.7\n limit per customer }\n",
     "t.conf:8:2: \"per customer\" is said by classes\n"},

    /* groups and customers */
    {"group g { trunks pri, prx }\n",
     "t.conf:7:23: unknown trunk \"prx\" - did you mean \"pri\"?\n"},
    {"group pri { trunks pbx }\n", "t.conf:7:7: \"pri\" is the name of a trunk already\n"},
    {"group reject { trunks pri }\n",
     "t.conf:7:7: \"reject\" means something else in routes and cannot name a group\n"},
    {"group g { trunks pri }\ngroup h { trunks pri }\n",
     "t.conf:8:18: trunk \"pri\" is in group \"g\" at t.conf:7:1 already\n"},
    {"group g { trunks pri\n hunt best }\n",
     "t.conf:8:7: \"best\" is not order, least-busy, round-robin, random or channels\n"},
    {"group g { trunks pri\n hunt channels sideways }\n",
     "t.conf:8:7: \"channels\" wants: odd, even, ascending, descending, round-robin or "
     "least-recently-used\n"},
    {"group g { trunks pri\n reserve 4 }\n",
     "t.conf:8:2: \"reserve\" wants: 4 channels for emergency, priority\n"},
    {"group g { trunks pri\n reserve 4 channels for guests }\n",
     "t.conf:8:25: \"guests\" is not emergency or priority\n"},
    {"group g { trunks pri\n crankback on 34 }\n",
     "t.conf:8:15: \"cause\", \"sip\" or \"timeout\" is missing\n"},
    {"group g { trunks pri\n crankback on cause 200 }\n",
     "t.conf:8:21: \"200\" is not a cause from 1 to 127\n"},
    {"group g { trunks pri\n numbers roman }\n", "t.conf:8:10: unknown number format \"roman\"\n"},
    {"customer a { trunks pbx }\ncustomer b { trunks pbx }\n",
     "t.conf:8:21: trunk \"pbx\" belongs to customer \"a\" already\n"},
    {"customer a { trunks pbx\n deck none }\n", "t.conf:8:7: unknown deck \"none\"\n"},
    {"customer a { trunks pbx\n class none }\n", "t.conf:8:8: unknown class \"none\"\n"},

    /* classes */
    {"class c { allow national\n deny national }\n",
     "t.conf:8:7: \"national\" is already said to be allowed at line 7\n"},
    {"class c { deny premium reject 200 }\n",
     "t.conf:7:31: \"200\" is not a cause from 1 to 127\n"},
    {"class c { deny premium because }\n", "t.conf:7:24: unexpected \"because\"\n"},
    {"class c { deny caller in nobody }\n", "t.conf:7:26: unknown list \"nobody\"\n"},
    {"class c { }\nclass c { }\n", "t.conf:8:1: class \"c\" stands twice, first at t.conf:7:1\n"},

    /* emergency calls */
    {"emergency { numbers 110\n accept 0111\n send pri }\n",
     "t.conf:8:2: \"0111\" ends with none of the emergency numbers\n"},
    {"emergency { numbers 110\n send prx }\n",
     "t.conf:8:7: unknown trunk \"prx\" - did you mean \"pri\"?\n"},
    {"emergency { numbers 110\n send pri\n preempt everything }\n",
     "t.conf:9:2: \"preempt\" wants: newest ordinary, lowest priority then newest, or none\n"},
    {"emergency { numbers 110\n send pri\n silence 100ms }\n",
     "t.conf:9:10: \"silence\" is from 500ms to 32s\n"},
    {"emergency { numbers 110\n send pri\n location 10.0.0.0/8 caller 030123 }\n",
     "t.conf:9:29: \"030123\" is not an international number like +4930901820\n"},
    {"emergency { numbers 110\n send pri\n notify somebody }\n",
     "t.conf:9:9: \"somebody\" is not TRUNK:NUMBER or mail:ADDRESS\n"},
    {"emergency { numbers 110\n send pri\n notify pbz:100 }\n",
     "t.conf:9:9: unknown trunk \"pbz\"\n"},
    {"emergency { numbers 110\n send pri\n header Priority }\n",
     "t.conf:9:2: the value of the header field is missing\n"},

    /* times and calendars */
    {"time t { weekly monday 08:00-18:00 }\n",
     "t.conf:7:17: \"monday 08:00-18:00\" is no day of the week, or range of them, like mon-fri\n"},
    {"time t { weekly mon 08:00-25:00 }\n",
     "t.conf:7:17: \"mon 08:00-25:00\" is not a range of hours like 08:00-18:00\n"},
    {"time t { weekly mon }\n", "t.conf:7:10: a range of hours is missing\n"},
    {"time t { zone Europe/Berlim }\n",
     "t.conf:7:15: \"Europe/Berlim\" is no time zone like Europe/Berlin\n"},
    {"time t { except none }\n", "t.conf:7:17: unknown calendar \"none\"\n"},
    {"calendar c { date 2026-02-30 }\n",
     "t.conf:7:19: \"2026-02-30\" is not a date like 2026-12-24, or two with \"..\" between\n"},
    {"calendar c { date 2026-12-24 9-10 }\n", "t.conf:7:30: unexpected \"9-10\"\n"},
    {"calendar c { file absent.ics }\n",
     "t.conf:7:19: \"absent.ics\": No such file or directory\n"},

    /* least cost routing, tables */
    {"lcr l { offer none via pri }\n", "t.conf:7:15: unknown deck \"none\"\n"},
    {"deck d { csv absent.csv }\n",
     "t.conf:7:14: deck \"d\": absent.csv: No such file or directory\n"},
    {"deck d { currency EUR }\n", "t.conf:7:1: deck \"d\" has no file: \"csv FILE\" is missing\n"},
    {"deck d { csv absent.csv\n currency EURO }\n",
     "t.conf:8:11: \"EURO\" is not a currency like EUR\n"
     "t.conf:7:14: deck \"d\": absent.csv: No such file or directory\n"},
    {"deck d { csv absent.csv\n currency EUR at x }\n",
     "t.conf:8:18: \"x\" is not an exchange rate like 1.09\n"
     "t.conf:7:14: deck \"d\": absent.csv: No such file or directory\n"},
    {"deck d { csv absent.csv\n reject load if rows > 3% }\n",
     "t.conf:8:22: \"reject\" wants: load if bad rows > 0.1%, load if rows change > 30%\n"
     "t.conf:7:14: deck \"d\": absent.csv: No such file or directory\n"},
    {"list l { csv absent.csv }\n",
     "t.conf:7:14: list \"l\": absent.csv: No such file or directory\n"},
    {"list l { columns number }\n",
     "t.conf:7:1: list \"l\" has no file: \"csv FILE\" is missing\n"},
    {"enum e { suffix e164.example }\n",
     "t.conf:7:1: enum \"e\" leads nowhere: one trunk has to say \"sip enum\", or \"via TRUNK\" "
     "is missing\n"},
    {"enum e { via pri }\n", "t.conf:7:14: \"pri\" is no SIP trunk\n"},
    {"trunk e { sip enum }\nenum e { timeout 9s }\n",
     "t.conf:8:18: nobody waits longer than 5s for ENUM\n"},

    /* numbers */
    {"normalise n { unknown 0* +49* }\n", "t.conf:7:26: \"=>\" must follow the pattern \"0*\"\n"},
    {"normalise n { ton local 0* => +49* }\n",
     "t.conf:7:19: \"local\" is not a type of number like international\n"},
    {"normalise n { unknown 0(x*)) => +49\\1 }\n",
     "t.conf:7:23: \"0(x*)) => +49\\1\" has a ) without (\n"},
    {"normalise n { unknown 0* => +49* }\nnormalise n { unknown 0* => +49* }\n",
     "t.conf:8:1: normalise \"n\" stands twice, first at t.conf:7:1\n"},
    {"normalise n { unknown 0* => +49*\n unknown 0* => +48* }\n",
     "t.conf:8:10: \"0* => +48*\" is there already\n"},

    /* tests */
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called 1\n"
     " expect trunk pbx }\n",
     "t.conf:12:15: test \"a\" fails: the trunk is pri, not pbx\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called 1\n"
     " expect reject 21 }\n",
     "t.conf:12:16: test \"a\" fails: the call goes to pri and is not refused\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from nobody called 1\n"
     " expect trunk pri }\n",
     "t.conf:11:12: unknown trunk \"nobody\"\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call called 1\n expect trunk pri }\n",
     "t.conf:11:2: \"call\" wants: from TRUNK called NUMBER\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called x\n"
     " expect trunk pri }\n",
     "t.conf:11:23: \"x\" is not a number\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called 1\n given pri sleeps\n"
     " expect trunk pri }\n",
     "t.conf:12:8: \"given pri\" wants: answers cause N, answers sip N, down or busy\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called 1\n"
     " expect colour red }\n",
     "t.conf:12:9: \"colour\" is not trunk, tries, reject, called, caller, ton, key, isup, gap, "
     "pnti or preempted\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called 1 at noon\n"
     " expect trunk pri }\n",
     "t.conf:11:28: \"noon\" is not a time like \"2026-03-02 20:00\" or "
     "2026-03-02T20:00:00+01:00\n"},
    {"routes from pbx {\n * -> pri\n}\ntest \"a\" {\n call from pbx called 1\n given lnp 1 2\n"
     " expect trunk pri }\n",
     "t.conf:12:2: \"lnp\" wants: lnp NUMBER = NUMBER\n"},
    {"routes from pbx {\n * -> reject 21\n}\ntest \"a\" {\n call from pbx called 1\n"
     " expect called 2 }\n",
     "t.conf:12:16: test \"a\" fails: the call is refused with cause 21, the number called "
     "should be 2\n"},
};

START_TEST(says_what_is_wrong)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0};
    struct gw_plan *p = NULL;

    fake_reset();
    rt_buf_printf(&text, HEAD "%s", cases[_i].text);
    ck_assert_int_eq(gw_plan_parse(&p, "t.conf", rt_buf_str(&text), &diag), EINVAL);
    ck_assert_ptr_null(p);
    ck_assert_str_eq(rt_buf_str(&diag.text).p, cases[_i].want);
    ck_assert_uint_eq(diag.warnings, 0);
    conf_diag_release(&diag);
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_errors");
    TCase *t = tcase_create("errors");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, says_what_is_wrong, 0, (int)RT_COUNT(cases));
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
