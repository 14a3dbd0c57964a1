/* ICE-lite. */
#include "codec/ice.h"
#include "codec/stun.h"

#include <errno.h>

/** The 64 ice-chars (RFC 8839 5.4). */
static const char ice_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void fill(char *out, const uint8_t *random, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = ice_chars[random[i] & 63];
    out[n] = '\0';
}

void ice_init(struct ice *ice, const uint8_t random[ICE_RANDOM])
{
    memset(ice, 0, sizeof *ice);
    fill(ice->ufrag, random, ICE_UFRAG);
    fill(ice->pwd, random + ICE_UFRAG, ICE_PWD);
}

/* ---- SDP ---- */

static struct rt_str next_word(struct rt_str *s)
{
    *s = rt_str_trim(*s);
    return rt_str_cut(s, ' ');
}

static bool all_ice_chars(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || !strchr(ice_chars, s.p[i]))
            return false;
    return true;
}

int ice_candidate_parse(struct ice_candidate *out, struct rt_str value)
{
    struct rt_str foundation = next_word(&value), component = next_word(&value);
    struct rt_str transport = next_word(&value), priority = next_word(&value);
    struct rt_str host = next_word(&value), port = next_word(&value);
    struct rt_str typ = next_word(&value), type = next_word(&value);
    uint64_t c, p, number;

    memset(out, 0, sizeof *out);
    if (foundation.n == 0 || foundation.n > 32 || !all_ice_chars(foundation) || host.n == 0 ||
        !rt_str_caseeq(typ, "typ") || type.n == 0)
        return EBADMSG;
    if (rt_str_u64(&c, component, 256) != 0 || c == 0 ||
        rt_str_u64(&p, priority, 0x7fffffff) != 0 || rt_str_u64(&number, port, 65535) != 0)
        return EBADMSG;
    if (!rt_str_caseeq(transport, "UDP") || c > ICE_COMPONENTS || number == 0)
        return ENOTSUP;
    if (memchr(host.p, '[', host.n) || rt_addr_parse(&out->addr, host.p, host.n, 0) != 0)
        return ENOTSUP;
    rt_addr_set_port(&out->addr, (uint16_t)number);
    out->component = (uint8_t)c;
    out->priority = (uint32_t)p;
    return 0;
}

/** Both lite: the far end's best candidate of each component is the pair (RFC 8445 6.1.1, 8.2). */
static void choose_lite(struct ice *ice)
{
    for (unsigned i = 0; i < ice->nremote; i++) {
        const struct ice_candidate *c = &ice->remote[i];
        struct ice_pair *pair = &ice->pair[c->component - 1];
        if (pair->addr.sa.sa_family == 0 || c->priority > pair->priority) {
            pair->addr = c->addr;
            pair->priority = c->priority;
        }
    }
}

void ice_set_remote(struct ice *ice, const struct ice_candidate *list, size_t n, bool lite)
{
    ice->nremote = 0;
    for (size_t i = 0; i < n && ice->nremote < ICE_REMOTE; i++)
        if (list[i].component >= 1 && list[i].component <= ICE_COMPONENTS)
            ice->remote[ice->nremote++] = list[i];
    ice->lite = lite;
    if (lite)
        choose_lite(ice);
}

/* ---- checks ---- */

/** The priority of the far end's candidate that a check came from: of its own line, else what the
 * check says of a candidate that we had not been told of. */
static uint32_t priority_of(const struct ice *ice, unsigned component, const union rt_addr *from,
                            const struct stun_message *m)
{
    for (unsigned i = 0; i < ice->nremote; i++)
        if (ice->remote[i].component == component && rt_addr_equal(&ice->remote[i].addr, from))
            return ice->remote[i].priority;
    return m->priority;
}

/** Among several nominated pairs the one of highest priority counts (RFC 8445 8.1.1), which is how
 * those end that nominate every pair; but others nominate anew when their path changes, and the old
 * one is then silent. */
static enum ice_event nominate(struct ice *ice, unsigned component, const union rt_addr *from,
                               uint32_t priority, rt_time now)
{
    struct ice_pair *pair = &ice->pair[component - 1];

    if (pair->addr.sa.sa_family != 0 && rt_addr_equal(&pair->addr, from)) {
        bool back = pair->expired;
        pair->nominated = pair->heard = now;
        pair->expired = false;
        return back ? ICE_NOMINATED : ICE_NOTHING;
    }
    if (pair->addr.sa.sa_family != 0 && !pair->expired && priority < pair->priority &&
        now - pair->nominated < ICE_HOLD)
        return ICE_NOTHING;
    *pair = (struct ice_pair){*from, priority, now, now, false};
    return ICE_NOMINATED;
}

/** A good check renews the consent of the pair it came over. */
static enum ice_event checked(struct ice *ice, unsigned component, const union rt_addr *from,
                              const struct stun_message *m, rt_time now)
{
    struct ice_pair *pair = &ice->pair[component - 1];

    ice->answered++;
    if (m->use_candidate)
        return nominate(ice, component, from, priority_of(ice, component, from, m), now);
    if (pair->addr.sa.sa_family == 0 || !rt_addr_equal(&pair->addr, from))
        return ICE_NOTHING;
    bool back = pair->expired;
    pair->heard = now;
    pair->expired = false;
    return back ? ICE_NOMINATED : ICE_NOTHING;
}

/** What is wrong with a request (RFC 8489 9.1.3, RFC 8445 7.3); 0: nothing. */
static enum stun_code fault(struct ice *ice, const struct stun_message *m)
{
    struct rt_str name = m->username;

    if (!m->has_username || m->integrity == 0) {
        ice->malformed++;
        return STUN_BAD_REQUEST;
    }
    bool parted = memchr(name.p, ':', name.n) != NULL;
    if (!parted || !rt_str_eq(rt_str_cut(&name, ':'), ice->ufrag) ||
        !stun_authentic(m, ice->pwd, ICE_PWD)) {
        ice->unauthentic++;
        return STUN_UNAUTHENTICATED;
    }
    if (m->nunknown > 0) {
        ice->unknown_attribute++;
        return STUN_UNKNOWN_ATTRIBUTE;
    }
    if (m->controlled) { /* so are we, for ever: the other one is to change its role */
        ice->conflicts++;
        return STUN_ROLE_CONFLICT;
    }
    if (m->use_candidate && !m->has_priority) {
        ice->malformed++;
        return STUN_BAD_REQUEST;
    }
    return 0;
}

static size_t write_answer(const struct ice *ice, uint8_t answer[ICE_ANSWER],
                           const struct stun_message *m, enum stun_code code,
                           const union rt_addr *from)
{
    struct rt_writer w = rt_writer(answer, ICE_ANSWER);

    stun_begin(&w, code ? STUN_ERROR : STUN_SUCCESS, STUN_BINDING, m->id);
    if (code)
        stun_put_error(&w, code);
    else
        stun_put_xor_address(&w, from);
    if (code == STUN_UNKNOWN_ATTRIBUTE)
        stun_put_unknown(&w, m);
    if (code != STUN_BAD_REQUEST && code != STUN_UNAUTHENTICATED)
        stun_put_integrity(&w, ice->pwd, ICE_PWD);
    stun_put_fingerprint(&w);
    return w.failed ? 0 : rt_written(&w);
}

enum ice_event ice_input(struct ice *ice, unsigned component, const uint8_t *p, size_t n,
                         const union rt_addr *from, rt_time now, uint8_t answer[ICE_ANSWER],
                         size_t *answer_len)
{
    struct stun_message m;

    *answer_len = 0;
    if (component < 1 || component > ICE_COMPONENTS || stun_parse(&m, p, n) != 0) {
        ice->malformed++;
        return ICE_NOTHING;
    }
    /* Indications are keep-alives; responses answer nothing, for we never ask. */
    if (m.class != STUN_REQUEST || m.method != STUN_BINDING)
        return ICE_NOTHING;
    enum stun_code code = fault(ice, &m);
    *answer_len = write_answer(ice, answer, &m, code, from);
    return code ? ICE_NOTHING : checked(ice, component, from, &m, now);
}

/* ---- consent ---- */

const union rt_addr *ice_address(const struct ice *ice, unsigned component)
{
    const struct ice_pair *pair = &ice->pair[component - 1];

    return pair->addr.sa.sa_family != 0 && !pair->expired ? &pair->addr : NULL;
}

static bool lapses(const struct ice *ice, const struct ice_pair *pair)
{
    return !ice->lite && pair->addr.sa.sa_family != 0 && !pair->expired;
}

rt_time ice_next(const struct ice *ice)
{
    rt_time next = INT64_MAX;

    for (unsigned i = 0; i < ICE_COMPONENTS; i++)
        if (lapses(ice, &ice->pair[i]) && ice->pair[i].heard + ICE_CONSENT < next)
            next = ice->pair[i].heard + ICE_CONSENT;
    return next;
}

bool ice_expire(struct ice *ice, unsigned component, rt_time now)
{
    struct ice_pair *pair = &ice->pair[component - 1];

    if (!lapses(ice, pair) || now < pair->heard + ICE_CONSENT)
        return false;
    pair->expired = true;
    return true;
}
