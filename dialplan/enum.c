/* The way through the records of ENUM (RFC 6116 5.2): each set of records in its order, a reference
 * entered when its turn comes, and left for the next record of the set that held it when nothing
 * comes of it. What one record says is judged in enum_rule.c.
 */
#include "dialplan/enum_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/** Expressions tried for one number; the sets of one number can hold far more. */
#define RULES_MAX 64

/** The records of one name, from the first that has not been judged. */
struct set {
    struct rt_dns_naptr *record;
    unsigned n, at;
};

struct dp_enum {
    const struct dp_enum_config *cfg;
    char aus[DP_ENUM_AUS_LEN];
    struct set set[DP_ENUM_CHAIN_MAX + 1]; /* each was referred to by the one before */
    unsigned depth;
    char asked[DP_ENUM_ASKS_MAX][RT_DNS_NAME_LEN]; /* the last is wanted now */
    unsigned nasked, rules;
    struct dp_enum_uri uri[DP_ENUM_URIS_MAX];
    unsigned nuris;
    struct dp_enum_notes notes;
    bool failed;
};

/* ---- the number and its name ---- */

int dp_enum_aus(char out[DP_ENUM_AUS_LEN], const struct dp_number *n)
{
    size_t len = strlen(n->digits);

    if (!n->e164 || len == 0 || len > DP_ENUM_AUS_LEN - 2 || strspn(n->digits, "0123456789") != len)
        return EINVAL;
    out[0] = '+';
    memcpy(out + 1, n->digits, len + 1);
    return 0;
}

bool dp_enum_name_read(char out[RT_DNS_NAME_LEN], struct rt_str text)
{
    size_t label = 0;

    if (text.n > 1 && text.p[text.n - 1] == '.')
        text.n--;
    if (text.n == 0 || text.n > 253)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == '.' ? label == 0 : ++label > 63 || !(isalnum(c) || c == '-' || c == '_'))
            return false;
        if (c == '.')
            label = 0;
        out[i] = (char)tolower(c);
    }
    out[text.n] = '\0';
    return label > 0;
}

int dp_enum_domain(char out[RT_DNS_NAME_LEN], const char *aus, const char *suffix)
{
    char text[2 * DP_ENUM_AUS_LEN + RT_DNS_NAME_LEN];
    size_t n = 0;

    for (size_t i = strlen(aus); i > 1; i--) {
        text[n++] = aus[i - 1];
        text[n++] = '.';
    }
    if (!dp_enum_name_read(out, rt_str(suffix)) ||
        !rt_str_copy(text + n, sizeof text - n, rt_str(out)) ||
        !dp_enum_name_read(out, rt_str(text)))
        return EINVAL;
    return 0;
}

/* ---- the way ---- */

/** True when a name may be asked for: not too deep, not too many, and not once more (whatever was
 * asked before has led to nothing, or is where we come from). */
static bool may_enter(const struct dp_enum *m, const char *name)
{
    if (m->depth == DP_ENUM_CHAIN_MAX || m->nasked == DP_ENUM_ASKS_MAX)
        return false;
    for (unsigned i = 0; i < m->nasked; i++)
        if (strcmp(m->asked[i], name) == 0)
            return false;
    return true;
}

static bool enter(struct dp_enum *m, const struct rt_dns_naptr *r)
{
    char name[RT_DNS_NAME_LEN];

    if (!dp_enum_name_read(name, rt_str(r->replacement)) || !may_enter(m, name)) {
        m->notes.loops++;
        return false;
    }
    memcpy(m->asked[m->nasked++], name, sizeof name);
    m->depth++;
    m->notes.chained++;
    return true;
}

static bool known(const struct dp_enum *m, const struct dp_enum_uri *u)
{
    for (unsigned i = 0; i < m->nuris; i++)
        if (strcmp(m->uri[i].text, u->text) == 0)
            return true;
    return false;
}

static enum dp_enum_verdict judge(struct dp_enum *m, const struct rt_dns_naptr *r)
{
    struct dp_enum_uri uri = {.text = ""};
    enum dp_enum_verdict v = dp_enum_judge(&uri, m->cfg, m->aus, r);

    if (dp_enum_malformed(v))
        m->notes.malformed++;
    if (v == DP_ENUM_URI || v == DP_ENUM_NO_MATCH || v == DP_ENUM_BAD_URI ||
        v == DP_ENUM_BAD_REGEXP || v == DP_ENUM_OTHER_SCHEME)
        m->rules++;
    if (v == DP_ENUM_URI && m->nuris < DP_ENUM_URIS_MAX && !known(m, &uri))
        m->uri[m->nuris++] = uri;
    return v;
}

/** One record is accepted: what else of its ORDER may be used when that fails. */
static enum dp_enum_step settle(struct dp_enum *m, struct set *s)
{
    uint16_t order = m->uri[0].order;

    for (; s->at < s->n && s->record[s->at].order == order && m->rules < RULES_MAX; s->at++)
        if (s->record[s->at].flags[0] != '\0')
            judge(m, &s->record[s->at]);
    return DP_ENUM_FOUND;
}

static void leave(struct set *s)
{
    free(s->record);
    *s = (struct set){.n = 0};
}

/** Judges records until one is accepted, or another name is wanted, or none is left. */
static enum dp_enum_step go_on(struct dp_enum *m)
{
    while (m->rules < RULES_MAX) {
        struct set *s = &m->set[m->depth];
        if (s->at == s->n) {
            leave(s);
            if (m->depth == 0)
                break;
            m->depth--;
            continue;
        }
        const struct rt_dns_naptr *r = &s->record[s->at++];
        enum dp_enum_verdict v = judge(m, r);
        if (v == DP_ENUM_URI)
            return settle(m, s);
        if (v == DP_ENUM_REFERENCE && enter(m, r))
            return DP_ENUM_ASK;
    }
    return DP_ENUM_NOTHING;
}

static bool after(const struct rt_dns_naptr *x, const struct rt_dns_naptr *y)
{
    return x->order != y->order ? x->order > y->order : x->preference > y->preference;
}

enum dp_enum_step dp_enum_take(struct dp_enum *m, const union rt_dns_record *record, unsigned n)
{
    struct set *s = &m->set[m->depth];

    leave(s);
    if (n == 0)
        return go_on(m);
    s->record = calloc(n, sizeof *s->record);
    if (!s->record)
        return dp_enum_fail(m);
    /* by insertion: equal ones stay as they came */
    for (unsigned i = 0; i < n; i++) {
        unsigned at = i;
        for (; at > 0 && after(&s->record[at - 1], &record[i].naptr); at--)
            s->record[at] = s->record[at - 1];
        s->record[at] = record[i].naptr;
    }
    s->n = n;
    return go_on(m);
}

enum dp_enum_step dp_enum_fail(struct dp_enum *m)
{
    m->failed = true;
    leave(&m->set[m->depth]);
    return go_on(m);
}

/* ---- life ---- */

int dp_enum_new(struct dp_enum **out, const struct dp_enum_config *cfg, const struct dp_number *n)
{
    char aus[DP_ENUM_AUS_LEN], name[RT_DNS_NAME_LEN];

    if (dp_enum_aus(aus, n) != 0 || dp_enum_domain(name, aus, cfg->suffix) != 0)
        return EINVAL;
    struct dp_enum *m = calloc(1, sizeof *m);
    if (!m)
        return ENOMEM;
    m->cfg = cfg;
    memcpy(m->aus, aus, sizeof aus);
    rt_str_copy(m->asked[m->nasked++], RT_DNS_NAME_LEN, rt_str(name));
    *out = m;
    return 0;
}

void dp_enum_free(struct dp_enum *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i <= DP_ENUM_CHAIN_MAX; i++)
        leave(&m->set[i]);
    free(m);
}

const char *dp_enum_name(const struct dp_enum *m)
{
    return m->asked[m->nasked - 1];
}

bool dp_enum_failed(const struct dp_enum *m)
{
    return m->failed;
}

const struct dp_enum_uri *dp_enum_uris(const struct dp_enum *m, unsigned *n)
{
    *n = m->nuris;
    return m->uri;
}

const struct dp_enum_notes *dp_enum_notes(const struct dp_enum *m)
{
    return &m->notes;
}
