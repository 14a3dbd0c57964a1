/* Events and signals of our endpoints: RFC 3435 2.1.7, 2.3.3, 4.4.1, 4.4.2, appendices B and F,
 * RFC 3660 2. Each rule is a script (mgcp_events_rig.h); times are exact to the millisecond.
 */
#include "test/unit/mgcp_events_rig.h"

struct script {
    const char *name, *text;
};

static const struct script detection[] = {
    {"F.1: ringing until off-hook", "> N: ca@192.0.2.9:2727;X: 0123456789AC;R: l/hd(N);S: l/rg\n"
                                    "s +L/rg\n! L/hd\ns -L/rg\nn 0123456789AC:L/hd\nw 1\n"
                                    "? B/NS ns\na 200\n? B/NS ls"},
    {"F.2: embedded dial tone, digits by map",
     "> X: 0123456789AC;R: L/hd(A, E(S(L/dl),R(L/oc, L/hu, D/[0-9#*T](D))));"
     "D: (0T|00T|#xxxxxxx|*xx|91xxxxxxxxxx|9011x.T);S:;Q: process;T: G/ft\n"
     "h 1\n! L/hd\ns +L/dl\n? O L/hd\n! D/9\ns -L/dl\n! D/1\n! D/2\n! D/0\n! D/1\n! D/8\n! D/2\n"
     "! D/9\n! D/4\n! D/2\n! D/6\nn -\n! D/6\n"
     "n 0123456789AC:L/hd,D/9,D/1,D/2,D/0,D/1,D/8,D/2,D/9,D/4,D/2,D/6,D/6"},
    {"what is not asked for is ignored", "> X: 1;R: D/1(N)\n! D/2\nn -\n! D/1\nn 1:D/1"},
    {"N is the action without actions", "> X: 1;R: D/1\n! D/1\nn 1:D/1"},
    {"A list is told with what triggers",
     "h 1\n> X: 1;R: D/[0-9](A),L/hu(N)\n! D/1\n! D/2\nn -\n! L/hu\nn 1:D/1,D/2,L/hu"},
    {"2.3.4: events between digits stay where they were",
     "h 1\n> X: 1;R: D/X(D),L/hf(A);D: xxxx\n! D/1\n! D/2\n! D/3\n! L/hf\nn -\n! D/4\n"
     "n 1:D/1,D/2,D/3,L/hf,D/4"},
    {"what is no digit is a mismatch at once", "> X: 1;R: D/X(D),L/hd(D);D: xx\n! D/1\n! L/hd\n"
                                               "n 1:D/1,L/hd"},
    {"a mismatch is told too", "> X: 1;R: D/[0-9](D);D: (11|12)\n! D/1\n! D/9\nn 1:D/1,D/9"},
    {"I ignores, and stops signals",
     "h 1\n> X: 1;R: L/hu(I);S: L/dl\ns +L/dl\n! L/hu\ns -L/dl\nn -"},
    {"I with K ignores all", "h 1\n> X: 1;R: L/hu(I,K);S: L/dl\ns +L/dl\n! L/hu\ns\nn -"},
    {"K keeps signals", "h 1\n> X: 1;R: L/hf(N,K);S: L/dl\ns +L/dl\n! L/hf\ns\nn 1:L/hf"},
    {"what nobody asked for stops no signal", "> X: 1;R: D/1(N);S: L/rg\ns +L/rg\n! D/2\ns"},
    {"an exact item goes before a range",
     "> X: 1;R: D/[0-9#](A),D/#(N)\n! D/1\n! D/#\nn 1:D/1,D/#"},
    {"*/all and pkg/all",
     "> X: 1;R: */all(N);Q: loop\n! D/1\nn 1:D/1\na 200\n! G/ft\nn 1:G/ft\na 200\n"
     "> X: 2;R: G/all(N)\n! D/1\nn -\n! G/mt\nn 2:G/mt"},
    {"digits without a package are digits", "> X: 1;R: [0-9*#A-D](N)\n! D/C\nn 1:D/C"},
    {"the default package", "> X: 1;R: hd(N);S: rg\ns +L/rg\n! L/hd\nn 1:L/hd"},
    {"3.2.2.4: D/dd of one digit", "> X: 1;R: D/dd(N)(dg=#,to=2000)\n! D/dd(dg=5,to=2000)\nn -\n"
                                   "! D/dd(dg=#,to=2000)\nn 1:D/DD(dg=#,to=2000)"},
    {"2.3.4: persistent events before any request have X 0", "! L/hd\nn 0:L/hd\n? B/NS ns\na 200"},
    {"persistent events are told anyway", "> X: 1;R: D/1(N)\n! L/hd\nn 1:L/hd"},
    {"a trunk has no hook", "t\n! L/hd\nn -\n> X: 1\n! L/hd\nn -"},
    {"B.2.1: persistent on demand",
     "> X: 1;B/PR: G/ft(N),B/enf\n! G/ft\nn 1:G/ft\na 200\n"
     "> X: 2;R: D/1(N)\n! G/ft\nn 2:G/ft\na 200\n"
     "> X: 3;R: G/ft(A),D/1(N)\n! G/ft\nn -\n! D/1\nn 3:G/ft,D/1\n"
     "? B/PR G/ft(N),B/enf\na 200\n> X: 4;B/PR:\n? B/PR\n! G/ft\nn -"},
    {"NTFY has N where the request had it", "> X: 1;R: D/1(N)\n! D/1\nn 1:D/1"},
};

static const struct script timers[] = {
    {"RFC 3660 2.2: T-partial", "> X: 1;R: D/[0-9T](D);D: (xxxxxxx|x11T)\n+ 60000\nn -\n! D/4\n"
                                "+ 15999\nn -\n+ 1\nn 1:D/4,D/T"},
    {"RFC 3660 2.2: T-critical",
     "> X: 1;R: D/[0-9T](D);D: (xxxxxxx|x11T)\n! D/4\n+ 10000\n! D/1\n+ 10000\n! D/1\n+ 3999\nn -\n"
     "+ 1\nn 1:D/4,D/1,D/1,D/T"},
    {"RFC 3660 2.2: (1[2-3].T)", "> X: 1;R: D/[0-9T](D);D: (1[2-3].T)\n! D/1\n+ 3999\nn -\n+ 1\n"
                                 "n 1:D/1,D/T"},
    {"RFC 3660 2.2: (1[2-3]T.)", "> X: 1;R: D/[0-9T](D);D: (1[2-3]T.)\n! D/1\n+ 4000\nn -\n! D/2\n"
                                 "n 1:D/1,D/2"},
    {"without T no timer runs", "> X: 1;R: D/[0-9](D);D: (xxx|xT)\n! D/1\n+ 600000\nn -"},
    {"T without D starts at once", "> X: 1;R: D/[0-9](N),D/T(N)\n+ 3999\nn -\n+ 1\nn 1:D/T"},
    {"and the first digit ends it", "> X: 1;R: D/[0-9](N),D/T(N);Q: loop\n+ 3999\n! D/5\nn 1:D/5\n"
                                    "a 200\n+ 60000\nn -"},
    {"a digit that nobody asked for ends it too", "> X: 1;R: D/T(N)\n! D/5\n+ 60000\nn -"},
    {"a new request begins the dial string anew",
     "> X: 1;R: D/X(D);D: xx\n! D/1\n> X: 2;R: D/X(D);Q: discard\n! D/2\nn -\n! D/3\nn 2:D/2,D/3"},
    {"a request stops the timer", "> X: 1;R: D/[0-9T](D);D: x.T\n! D/1\n> X: 2\n+ 60000\nn -"},
};

static const struct script quarantine[] = {
    {"step: one NTFY a request",
     "> X: 1;R: D/X(N)\n! D/1\n! D/2\nn 1:D/1\nn -\n? B/NS ns\na 200\nn -\n? B/NS ls\n! D/3\nn -\n"
     "> X: 2;R: D/X(N)\nn 2:D/2\nn -\na 200\n> X: 3;R: D/X(N)\nn 3:D/3\na 200\n? B/NS ls"},
    {"loop: as many as come", "> X: 1;R: D/X(N);Q: loop\n! D/1\n! D/2\n! D/3\nn 1:D/1\nn -\na 200\n"
                              "n 1:D/2\nn -\na 200\nn 1:D/3\na 200\n? B/NS o\n! D/4\nn 1:D/4"},
    {"loop: events before the trigger go with it",
     "h 1\n> X: 1;R: D/X(A),L/hf(N);Q: loop\n! L/hf\n! D/1\n! D/2\n! L/hf\n! D/3\nn 1:L/hf\na 200\n"
     "n 1:D/1,D/2,L/hf\na 200\nn -\n? O D/3"},
    {"loop: two dial strings",
     "> X: 1;R: D/X(D);D: xx;Q: loop\n! D/1\n! D/2\n! D/3\n! D/4\nn 1:D/1,D/2\n"
     "a 200\nn 1:D/3,D/4"},
    {"an error ends the notification state too", "> X: 1;R: D/X(N);Q: loop\n! D/1\n! D/2\nn 1:D/1\n"
                                                 "a 500\nn 1:D/2"},
    {"a request before the answer: both in one datagram, the older one first",
     "> X: 1;R: D/X(N)\n! D/1\nn 1:D/1\nw 1\n> X: 2;R: D/X(N)\n? B/NS o\n! D/2\nn 2:D/2\nw 2\n"
     "a 200\n? B/NS ns\na 200\n? B/NS ls"},
    {"process: what was observed is looked at again",
     "> X: 1;R: D/X(A)\n! D/1\n! D/2\n> X: 2;R: D/2(N),D/1(A)\nn 2:D/1,D/2"},
    {"discard: what was observed is gone", "> X: 1;R: D/X(A)\n! D/1\n> X: 2;R: D/X(N);Q: discard\n"
                                           "n -\n? O\n! D/2\nn 2:D/2"},
    {"discard: the quarantine buffer is gone", "> X: 1;R: D/X(N)\n! D/1\n! D/2\nn 1:D/1\n> X: 2;R: "
                                               "D/X(N);Q: discard,loop\nn -\n! D/3\nn 2:D/3\n"
                                               "? Q loop,discard"},
    {"what a NTFY told is not told again",
     "> X: 1;R: D/X(N)\n! D/1\nn 1:D/1\n> X: 2;R: D/X(N)\nn -"},
    {"T is detected in the quarantine alone",
     "h 1\n> X: 1;R: L/hu(N);T: D/X\n! D/1\n! L/hu\nn 1:L/hu\n! D/2\na 200\n! D/3\n"
     "> X: 2;R: D/X(A),D/#(N)\n! D/#\nn 2:D/2,D/3,D/#"},
    {"without T it is not", "h 1\n> X: 1;R: L/hu(N)\n! L/hu\nn 1:L/hu\n! D/2\na 200\n"
                            "> X: 2;R: D/X(A),D/#(N)\n! D/#\nn 2:D/#"},
    {"T stays until there is another",
     "> X: 1;T: D/X\n> X: 2;R: L/hd(N)\n! L/hd\nn 2:L/hd\n! D/1\na 200\n> X: 3;R: D/X(N)\nn 3:D/1\n"
     "a 200\n> X: 4;T:;R: D/5(N)\n! D/5\nn 4:D/5\n! D/1\na 200\n> X: 5;R: D/X(N)\nn -"},
    {"ignored events are quarantined",
     "> X: 1;R: D/1(I),D/2(N)\n! D/2\nn 1:D/2\n! D/1\na 200\n> X: 2;R: D/1(N)\nn 2:D/1"},
    {"quarantined events stop new signals", "h 1\n> X: 1;R: D/X(N)\n! D/1\n! D/2\nn 1:D/1\n> X: "
                                            "2;R: D/X(A);S: L/dl\ns +L/dl -L/dl\n? O D/2"},
    {"signals stop when the event comes, told or not",
     "> X: 1;R: D/1(N,K),D/2(N);S: G/cg\ns +G/cg\n! D/1\ns\n! D/2\ns -G/cg\nn 1:D/1\nn -"},
    {"nobody answers: the endpoint goes on once it is back",
     "> X: 1;R: D/X(N);Q: loop\n! D/1\nn 1:D/1\n! D/2\n+ 300000\nn 1:D/2\n? B/NS o"},
    {"nobody answers, in step mode", "> X: 1;R: D/X(N)\n! D/1\nn 1:D/1\n! D/2\n+ 300000\nn -\n"
                                     "? B/NS ls\n> X: 2;R: D/X(N)\nn 2:D/2"},
    {"a refused request changes nothing",
     "> X: 1;R: D/X(N);Q: loop;S: G/cg\ns +G/cg\n> X: 2;R: "
     "Q/x;S:\n= 518\n? X 1\n? R D/X(N),L/hd,L/hf,L/hu\n? S G/cg\n"
     "? Q loop,process\ns\n! D/1\nn 1:D/1"},
};

static const struct script embedded[] = {
    {"N with E, in loop mode",
     "> X: 1;R: L/hd(N,E(R(L/hu(N)),S(L/dl)));Q: loop\nh 1\n! L/hd\n"
     "n 1:L/hd\ns +L/dl\n? R L/hu(N),L/hd,L/hf\n! L/hu\nn 1:L/hu\nw 2\ns -L/dl"},
    {"N with E, in step mode", "> X: 1;R: L/hd(N,E(R(L/hu(N))))\n= 523"},
    {"E does not observe its event", "> X: 1;R: L/hd(E(R(D/X(N))))\nh 1\n! L/hd\n! D/1\nn 1:D/1"},
    {"E brings a map",
     "> X: 1;R: L/hd(E(R(D/X(D)),D(xx)))\n? D\nh 1\n! L/hd\n? D xx\n! D/1\n! D/2\n"
     "n 1:D/1,D/2"},
    {"E stops old signals", "> X: 1;R: L/hd(E(S(L/dl)));S: L/rg\ns +L/rg\nh 1\n! L/hd\n"
                            "s -L/rg +L/dl\n? R L/hd,L/hf,L/hu"},
    {"E without K, the same signal again",
     "> X: 1;R: D/1(E(S(G/cg)));S: G/cg\ns +G/cg\n! D/1\ns -G/cg +G/cg"},
    {"E with K, the same signal goes on", "> X: 1;R: D/1(K,E(S(G/cg)));S: G/cg\ns +G/cg\n! D/1\ns"},
    {"B.1: it fails, and asked to be told",
     "> X: 1;R: L/hd(E(R(L/hd(N),B/enf(N))))\nh 1\n! L/hd\n"
     "n 1:B/enf(401)\n? R L/hd(E(R(L/hd(N),B/enf(N)))),L/hf,L/hu"},
    {"B.1: it fails, by the list that is there",
     "> X: 1;R: L/hd(A,E(S(L/dl))),B/enf(N)\nh 1\nk 402\n! L/hd\ns\nn 1:L/hd,B/enf(402)"},
    {"it fails and nobody asked", "> X: 1;R: L/hd(E(R(L/hd(N))))\nh 1\n! L/hd\nn -"},
    {"it takes from the quarantine",
     "> X: 1;R: D/1(N);T: D/X;Q: loop\n! D/1\n! D/2\n! D/3\nn 1:D/1\n"
     "> X: 2;R: D/2(E(R(D/3(N))))\nn 2:D/3"},
};

static const struct script playing[] = {
    {"a time-out is complete",
     "> X: 1;R: L/oc(N);S: L/rg\ns +L/rg\n+ 179999\nn -\ns\n+ 1\ns -L/rg\n"
     "n 1:L/oc(L/rg)"},
    {"G/oc where that is asked for", "> X: 1;R: G/oc(N);S: L/rg\n+ 180000\nn 1:G/oc(L/rg)"},
    {"3.2.2.4: to=", "> X: 1;R: L/oc(N);S: L/rg(to=6000)\n+ 5999\nn -\n+ 1\nn 1:L/oc(L/rg)"},
    {"3.2.2.4: to()", "> X: 1;R: L/oc(N);S: L/rg(to(6000))\n+ 5999\nn -\n+ 1\nn 1:L/oc(L/rg)"},
    {"0 is for ever", "> X: 1;R: L/oc(N);S: L/rg(to=0)\ns +L/rg(to=0)\n+ 3600000\nn -\ns"},
    {"rings that are counted", "> X: 1;R: L/oc(N);S: L/rg(rep=6,to=12000)\n+ 600000\nn -\np L/rg\n"
                               "n 1:L/oc(L/rg)"},
    {"RFC 3660 2.2: a tone and its silence",
     "h 1\n> X: 1;R: D/oc(N);S: D/dd(dg=5,to=2500)\n+ 2549\n"
     "n -\n+ 1\nn 1:D/oc(D/DD)"},
    {"it fails", "> X: 1;R: L/oc(N),L/of(N);S: L/rg\ns +L/rg\nf L/rg\nn 1:L/of(L/rg)\ns\n? S"},
    {"it fails at once", "x 1\n> X: 1;R: L/of(N);S: L/rg,G/cg\ns +L/rg +G/cg\nn 1:L/of(L/rg)\n? S"},
    {"it fails at once, embedded", "x 1\n> X: 1;R: L/hd(E(R(L/of(N)),S(L/dl)))\nh 1\n! L/hd\n"
                                   "s +L/dl\nn 1:L/of(L/dl)"},
    {"named again it goes on with its old parameters",
     "> X: 1;S: L/rg(to=6000)\ns +L/rg(to=6000)\n+ 3000\n> X: 2;R: L/oc(N);S: L/rg(to=9000)\ns\n"
     "? S L/rg(to=6000)\n+ 2999\nn -\n+ 1\nn 2:L/oc(L/rg)"},
    {"not named again it stops",
     "> X: 1;S: L/rg,G/cg\ns +L/rg +G/cg\n> X: 2;S: G/cg\ns -L/rg\n> X: 3\n"
     "s -G/cg"},
    {"on and off", "> X: 1;R: L/hd(N);S: L/vmwi\ns +L/vmwi\n> X: 2;S: L/vmwi\ns\n! L/hd\ns\n"
                   "? S L/vmwi\n> X: 3\n? S L/vmwi\n> X: 4;S: L/vmwi(-)\ns -L/vmwi(-)\n? S\n"
                   "> X: 5;S: L/vmwi(-)\n> X: 6;S: L/vmwi(+)\n? S L/vmwi(+)"},
    {"brief ones wait", "> X: 1;S: L/rs\ns +L/rs\n? S\n> X: 2;S: L/p,L/z\ns\n? S L/p,L/z\np L/rs\n"
                        "s +L/p +L/z\n? S"},
    {"a new list makes them wait no more", "> X: 1;S: L/rs\n> X: 2;S: L/p\n> X: 3\n? S\ns +L/rs\n"
                                           "p L/rs\ns"},
    {"an event likewise",
     "> X: 1;S: L/rs\n> X: 2;S: L/p;R: L/hd(N)\n! L/hd\ns +L/rs\n? S\np L/rs\ns"},
    {"signals of one list start together", "> X: 1;S: L/rs,L/ci(01/01/10/00,5551234,\"A\")\n"
                                           "s +L/rs +L/ci(01/01/10/00,5551234,\"A\")"},
    {"first event stops them all", "> X: 1;R: L/hd(N);S: L/rg,G/cg,L/vmwi\ns +L/rg +G/cg +L/vmwi\n"
                                   "! L/hd\ns -L/rg -G/cg\n? S L/vmwi"},
    {"one that completes stops the others",
     "> X: 1;R: L/oc(N);S: L/rg(to=1000),G/cg\ns +L/rg(to=1000) "
     "+G/cg\n+ 1000\ns -L/rg(to=1000) -G/cg"},
};

static const struct script connections[] = {
    {"on the current one",
     "C X: 1;R: R/qa@$(N),G/oc(N);S: G/rt@$\ns +G/rt@%\n"
     "? R R/qa@%(N),G/oc(N),L/hd,L/hf,L/hu\n? S G/rt@%\n! R/qa@%\nn 1:R/qa@%\ns -G/rt@%"},
    {"complete on a connection", "C X: 1;R: G/oc(N);S: G/rt@$\n+ 179999\nn -\n+ 1\n"
                                 "n 1:G/oc(G/rt@%)"},
    {"RFC 3660 2.1: rbk is rt by another name",
     "C X: 1;R: G/oc(N);S: G/rbk($)\ns +G/rt@%\n? S G/rt@%\n> X: 2;S: G/rbk(%)\ns\n"
     "> X: 3;S: G/rbk(zz)\n= 538\n> X: 4;S: G/rbk@%(%)\n= 538\n> X: 5;S: G/rbk(AB12)\n= 515\n"
     "> X: 6\ns -G/rt@%"},
    {"without a description no signal", "c X: 1;S: G/rt@$\n= 527\ns"},
    {"later neither", "c X: 1\n> X: 2;S: G/rt@%\n= 527\n> X: 3;R: R/qa@%(N)"},
    {"no such connection", "> X: 1;R: R/qa@AB12(N)\n= 515\n> X: 2;S: G/rt@AB12\n= 515\n"
                           "> X: 3;R: R/qa@$(N)\n= 515"},
    {"deleted: the signal fails",
     "C X: 1;R: G/of(N);S: G/rt@$\ns +G/rt@%\nd\nn 1:G/of(G/rt@%)\n? S"},
    {"on all of them, whenever made",
     "> X: 1;R: R/qa@*(N);S: G/rt@*\nC X: 2;R: R/qa@*(N);S: G/rt@*\n"
     "s +G/rt@%\n? S G/rt@*\n? R R/qa@*(N),L/hd,L/hf,L/hu\n! R/qa@%\nn 2:R/qa@%"},
    {"endpoint and connection are two", "C X: 1;R: R/qa@$(N)\n! G/ft\nn -\n! R/qa@%\nn 1:R/qa@%"},
    {"B.2.1: persistent on one that is gone", "C X: 1;B/PR: R/qa@$(N)\nd\n> X: 2\n= 515\n"
                                              "> X: 3;B/PR: G/ft(N)"},
    {"no X, no request", "> X: 1;R: D/1(N)\nC\n? X 1\n? R D/1(N),L/hd,L/hf,L/hu\nd"},
    {"X alone is a request for nothing", "> X: 1;R: D/1(N)\nC X: 2\n? X 2\n? R L/hd,L/hf,L/hu"},
};

static void run(const struct script *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rig_run(s[i].name, s[i].text, MGCP_RFC);
}

START_TEST(events_are_detected)
{
    run(detection, RT_COUNT(detection));
}
END_TEST

START_TEST(digits_are_timed)
{
    run(timers, RT_COUNT(timers));
}
END_TEST

START_TEST(events_are_quarantined)
{
    run(quarantine, RT_COUNT(quarantine));
}
END_TEST

START_TEST(requests_are_embedded)
{
    run(embedded, RT_COUNT(embedded));
}
END_TEST

START_TEST(signals_play)
{
    run(playing, RT_COUNT(playing));
}
END_TEST

START_TEST(connections_have_events)
{
    run(connections, RT_COUNT(connections));
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    static const struct {
        const char *lines;
        unsigned code;
        bool off_hook;
    } rows[] = {
        {"R: L/hd(N)", 401, true},
        {"R: L/hu(N)", 402, false},
        {"R: L/hf(A)", 402, false},
        {"R: L/hd(I)", 200, true},
        {"R: L/hd(E(S(L/dl)))", 401, true},
        {"R: L/hd(E(R(L/hu(N))))", 200, false},
        {"R: Y/hd(N)", 518, false},
        {"S: Y/rg", 518, false},
        {"R: L/foo(N)", 522, false},
        {"S: L/foo", 522, false},
        {"R: L/rg(N)", 512, false},
        {"S: L/hd", 513, false},
        {"S: D/X", 513, false},
        {"S: D/DO", 538, false},
        {"S: L/rg(to=x)", 538, false},
        {"S: D/dd(dg=5,to=49)", 538, false},
        {"S: D/dd(dg=5,su=true)", 538, false},
        {"S: L/rg@*", 513, false},
        {"R: D/X(D)", 519, false},
        {"R: L/hd(E(R(D/X(D))))", 519, false},
        {"R: D/X(D);D: xx", 200, false},
        {"R: L/hd(E(R(D/X(D)),D(xx)))", 200, false},
        {"R: D/X(D);D:", 519, false},
        {"D: (1(", 510, false},
        {"R: L/hd(S)", 523, false},
        {"R: D/1(N,A)", 523, false},
        {"R: L/hd(E(R(L/hu(E(S(L/dl))))))", 523, false},
        {"R: D/1(Y)", 523, false},
        {"R: D/1(N),D/1(A)", 510, false},
        {"S: L/rg,L/rg", 510, false},
        {"R: D/1(N", 510, false},
        {"S: L/rg(", 510, false},
        {"Q: fast", 508, false},
        {"Q: step,loop", 510, false},
        {"T: Y/z", 518, false},
        {"T: L/foo", 522, false},
        {"B/PR: L/foo(N)", 522, false},
        {"B/PR: L/hu(N)", 200, false},
        {"R: G/[0-9](N)", 522, false},
        {"R: */foo(N)", 522, false},
    };

    rig_setup(MGCP_RFC);
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char lines[256];

        rig_command("RQNT", "X: A;D:", false); /* no map is left of the row before */
        snprintf(lines, sizeof lines, "X: A;%s", rows[i].lines);
        rig.off_hook = rows[i].off_hook;
        rig_command("RQNT", lines, false);
        ck_assert_msg(rig.code == rows[i].code, "%s: %u", rows[i].lines, rig.code);
    }
    rig_teardown();
}
END_TEST

START_TEST(digits_of_another_dialect)
{
    rig_run("NCS",
            "> X: 1;R: L/[0-9*#T](D);D: (xxT)\n! D/1\n! D/2\n+ 3999\nn -\n+ 1\nn 1:L/1,L/2,L/T\n"
            "a 200\n> X: 2;R: L/5(N)\n! D/5\nn 2:L/5",
            MGCP_NCS);
}
END_TEST

START_TEST(an_agent_that_always_sends_x)
{
    rig_run("Cisco",
            "> X: 1;R: D/1(N);S: G/cg\ns +G/cg\nC X: 2\n? X 1\n? R D/1(N),L/hd,L/hf,L/hu\n! D/1\nn "
            "1:D/1\n"
            "a 200\n> X: 3\n? R L/hd,L/hf,L/hu\n"
            "t\n? R MS/ans,MS/rel,MS/res,MS/rlc,MS/sup,MS/sus",
            MGCP_CISCO);
}
END_TEST

/* 64 events and B/qbo; what comes later is lost. */
START_TEST(the_quarantine_buffer_overflows)
{
    char again[4] = "D/1";

    rig_setup(MGCP_RFC);
    rig_command("RQNT", "X: 1;R: D/X(N),B/qbo(N);Q: loop", false);
    for (unsigned i = 0; i < 70; i++) {
        strcpy(again, "D/1");
        rig_event('!', again);
    }
    for (unsigned i = 0; i < 66; i++) {
        rig_expect_notify(i < 65 ? "1:D/1" : "1:B/qbo");
        rig_answer("200");
    }
    rig_expect_notify("-");
    rig_teardown();
}
END_TEST

/* 64 events, and then B/oef as it was asked for; later digits are lost. */
START_TEST(the_list_of_observed_events_is_full)
{
    static const struct {
        const char *request, *end;
    } rows[] = {{"X: 1;R: D/X(A),D/#(N),B/oef(N)", "B/oef"},
                {"X: 1;R: D/X(A),D/#(N),B/oef(A)", "B/oef,D/#"},
                {"X: 1;R: D/X(A),D/#(N)", "D/#"}};

    for (size_t k = 0; k < RT_COUNT(rows); k++) {
        char want[512] = "1:", again[4];

        rig_setup(MGCP_RFC);
        rig_command("RQNT", rows[k].request, false);
        for (unsigned i = 0; i < 70; i++) {
            strcpy(again, "D/1");
            rig_event('!', again);
            if (i < 64)
                strcat(want, "D/1,");
        }
        strcpy(again, "D/#");
        rig_event('!', again);
        strcat(want, rows[k].end);
        rig_expect_notify(want);
        rig_teardown();
    }
}
END_TEST

START_TEST(an_endpoint_that_nobody_asks_for_anything_costs_nothing)
{
    rig_setup(MGCP_RFC);
    ck_assert_ptr_null(rig.line->events);
    mgcp_gw_event(rig.line, NULL, "D", "5", rt_str(""));
    ck_assert_ptr_null(rig.line->events);
    rig_command("RQNT", "X: 1;R: Y/z(N)", false);
    ck_assert_uint_eq(rig.code, 518);
    ck_assert_ptr_null(rig.line->events);
    rig_command("RQNT", "X: 1;R: L/hd(N)", false);
    ck_assert_ptr_nonnull(rig.line->events);
    ck_assert_uint_le(sizeof *rig.line->events, 384);
    mgcp_events_reset(rig.line);
    ck_assert_ptr_null(rig.line->events);
    rig_teardown();
}
END_TEST

START_TEST(status_counts)
{
    struct mgcp_gw_endpoint_status is = {0};

    rig_setup(MGCP_RFC);
    rig_command("RQNT", "X: 1;R: D/X(N),L/hd(N);S: L/rg,L/rs", false);
    mgcp_events_status(rig.line, &is);
    ck_assert_uint_eq(is.signals, 2);
    ck_assert_uint_eq(is.requested, 2);
    ck_assert(mgcp_events_signalling(rig.line));
    ck_assert(!mgcp_events_notifying(rig.line));
    mgcp_gw_event(rig.line, NULL, "D", "5", rt_str(""));
    mgcp_gw_event(rig.line, NULL, "D", "6", rt_str(""));
    mgcp_events_status(rig.line, &is);
    ck_assert_uint_eq(is.quarantined, 1);
    ck_assert_uint_eq(is.signals, 1);
    ck_assert(mgcp_events_notifying(rig.line));
    rig_teardown();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp events");
    TCase *tc = tcase_create("mgcp events");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, events_are_detected);
    tcase_add_test(tc, digits_are_timed);
    tcase_add_test(tc, events_are_quarantined);
    tcase_add_test(tc, requests_are_embedded);
    tcase_add_test(tc, signals_play);
    tcase_add_test(tc, connections_have_events);
    tcase_add_test(tc, what_is_wrong_is_refused);
    tcase_add_test(tc, digits_of_another_dialect);
    tcase_add_test(tc, an_agent_that_always_sends_x);
    tcase_add_test(tc, the_quarantine_buffer_overflows);
    tcase_add_test(tc, the_list_of_observed_events_is_full);
    tcase_add_test(tc, an_endpoint_that_nobody_asks_for_anything_costs_nothing);
    tcase_add_test(tc, status_counts);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
