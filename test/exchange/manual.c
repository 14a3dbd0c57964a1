/* tandem-exchange(1): made of the rule file's schema. */
#include "test/exchange/manual.h"

#include "conf/manual.h"
#include "gw/version.h"
#include "test/exchange/rules.h"

static const char usage[] =
    ".Sh SYNOPSIS\n.Nm\n.Op Fl c Ar RULES\n.Op Fl -local Ar ADDRESS:PORT Fl -remote Ar "
    "ADDRESS:PORT\n"
    ".Op Fl -dahdi Ar SPAN\n.Op Fl -user | Fl -network\n.Op Fl -daemon\n.Op Fl -verbose\n"
    ".Sh DESCRIPTION\n"
    ".Nm\n"
    "is the other end of ISDN lines: the network side, or the user side, of E1s, T1s and BRIs over "
    "a\n"
    "pseudowire or an interface card.\n"
    "It answers calls by called number, places calls, sends and measures sound, makes lines fail "
    "on\n"
    "command, and writes what happens as JSON lines.\n"
    "Commands come on standard input.\n"
    ".Bl -tag -width Ds\n"
    ".It Fl c Ar RULES\nThe rule file; without one every arriving call is refused with cause 1.\n"
    ".It Fl -local Ar ADDRESS:PORT , Fl -remote Ar ADDRESS:PORT\n"
    "The two ends of the pseudowire; they override the rule file.\n"
    ".It Fl -dahdi Ar SPAN\nThe span of an interface card in place of a pseudowire.\n"
    ".It Fl -user , Fl -network\nOur side of the line; default: network.\n"
    ".It Fl -daemon\nThe end of standard input does not end the program.\n"
    ".It Fl -verbose\nThe log on standard error, down to debug.\n"
    ".El\n.Sh RULES\n";

void ex_manual(struct rt_buf *out)
{
    conf_manual_head(out, "tandem-exchange", "1", "a small telephone network for tests",
                     "tandem " GW_VERSION, GW_VERSION_DATE);
    rt_buf_puts(out, usage);
    conf_manual(out, &ex_rules_schema);
    rt_buf_puts(out, ".Sh EXIT STATUS\n0 done, 1 failed, 2 used wrongly, 3 the rules are wrong.\n"
                     ".Sh SEE ALSO\n.Xr tandem 1\n");
}
