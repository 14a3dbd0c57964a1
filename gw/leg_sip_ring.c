/* How a telephone is to ring for a call: Alert-Info of its INVITE, by name (RFC 7462), or as peers
 * said it before there were names: <http://127.0.0.1/Bellcore-dr2>, <...>;info=alert-internal.
 * What it points to is never fetched.
 *
 * The patterns are those of GR-506: 1 is the usual ringing, 2 two rings, 3 and 4 three, 5 a short
 * one; 6 to 8 are what the gateway has been set to.
 */
#include "gw/headers.h"
#include "gw/leg_sip_priv.h"

#define PATTERNS 8

static const struct {
    const char *name;
    unsigned ring;
} urns[] = {
    {"source:internal", 1}, {"source:external", 2},       {"priority:high", 3},
    {"service:crisis", 3},  {"service:auto-callback", 4}, {"service:recall", 4},
};

static const struct {
    const char *word;
    unsigned ring;
} words[] = {
    {"alert-internal", 1},  {"alert-external", 2}, {"alert-priority", 3},
    {"alert-emergency", 3}, {"alert-group", 4},
};

static bool begins(struct rt_str s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.n >= n && strncasecmp(s.p, prefix, n) == 0;
}

/** The digit behind `word`, wherever it stands; 0: none of 1..8. */
static unsigned numbered(struct rt_str s, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n < s.n; i++) {
        struct rt_str at = {s.p + i, s.n - i};
        unsigned digit = (unsigned)((unsigned char)at.p[n] - '0');
        bool alone = at.n == n + 1 || at.p[n + 1] < '0' || at.p[n + 1] > '9';
        if (begins(at, word) && alone && digit >= 1 && digit <= PATTERNS)
            return digit;
    }
    return 0;
}

/** "urn:alert:source:internal:floor3@example.com": what is not known loses its last word (RFC
 * 7462). */
static unsigned named(struct rt_str uri)
{
    static const char prefix[] = "urn:alert:";

    if (!begins(uri, prefix))
        return 0;
    struct rt_str name = {uri.p + sizeof prefix - 1, uri.n - (sizeof prefix - 1)};
    while (name.n > 0) {
        for (size_t i = 0; i < RT_COUNT(urns); i++)
            if (rt_str_caseeq(name, urns[i].name))
                return urns[i].ring;
        while (name.n > 0 && name.p[name.n - 1] != ':')
            name.n--;
        name.n = name.n > 0 ? name.n - 1 : 0;
    }
    return 0;
}

static unsigned pattern_of(struct rt_str value)
{
    struct sip_name_addr a;

    sip_name_addr(&a, value);
    struct rt_str info = sip_param(a.params, "info");
    unsigned ring = named(rt_str_trim(a.uri));
    if (ring == 0)
        ring = numbered(value, "Bellcore-dr");
    for (size_t i = 0; ring == 0 && info.p && i < RT_COUNT(words); i++)
        if (rt_str_caseeq(info, words[i].word))
            ring = words[i].ring;
    return ring;
}

unsigned leg_sip_ring_in(const struct sip_message *msg)
{
    for (unsigned i = 0;; i++) {
        struct rt_str rest = gw_header(msg, "Alert-Info", i), value;
        if (rest.n == 0)
            return 0;
        while ((value = sip_list_next(&rest)).n > 0) {
            unsigned ring = pattern_of(value);
            if (ring != 0)
                return ring;
        }
    }
}
