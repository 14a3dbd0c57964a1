/* Numbers in URIs as they are compared and written: one canonical form for all spellings. */
#include "dialplan/tel_priv.h"

#include <ctype.h>

int dp_tel_by_name(const void *a, const void *b)
{
    struct rt_str x = dp_tel_name(*(const struct rt_str *)a);
    struct rt_str y = dp_tel_name(*(const struct rt_str *)b);
    int order = strncasecmp(x.p, y.p, x.n < y.n ? x.n : y.n);

    return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

struct rt_str dp_tel_other(const struct dp_tel *t, const char *name)
{
    struct rt_str rest = rt_str(t->others);

    while (rest.n > 0) {
        struct rt_str value = rt_str_cut(&rest, ';'), n = rt_str_cut(&value, '=');
        if (n.n > 0 && rt_str_caseeq(n, name))
            return value.p ? value : (struct rt_str){"", 0};
    }
    return (struct rt_str){NULL, 0};
}

/** As it is compared and written: contexts that are numbers have no separators. */
static struct rt_str plain(char room[DP_CONTEXT_LEN], const struct dp_tel_field *f,
                           const char *value)
{
    size_t n = 0;

    if (!f->context || value[0] != '+')
        return rt_str(value);
    for (; *value; value++)
        if (!dp_tel_separator(*value))
            room[n++] = *value;
    return (struct rt_str){room, n};
}

bool dp_tel_equal(const struct dp_tel *a, const struct dp_tel *b)
{
    char x[DP_CONTEXT_LEN], y[DP_CONTEXT_LEN];

    for (size_t i = 0; i < DP_TEL_FIELDS; i++)
        if (!dp_tel_same(plain(x, &dp_tel_fields[i], dp_tel_slot(a, &dp_tel_fields[i])),
                         plain(y, &dp_tel_fields[i], dp_tel_slot(b, &dp_tel_fields[i]))))
            return false;
    return strcmp(a->number, b->number) == 0 && a->npdi == b->npdi &&
           a->dialstring == b->dialstring && strcasecmp(a->others, b->others) == 0;
}

static void put_lower(struct rt_buf *out, struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = (char)tolower((unsigned char)s.p[i]);
        rt_buf_put(out, &c, 1);
    }
}

static void put_param(struct rt_buf *out, const char *name, struct rt_str value)
{
    rt_buf_puts(out, ";");
    rt_buf_puts(out, name);
    if (value.n > 0)
        rt_buf_puts(out, "=");
    put_lower(out, value);
}

/** Those of the others that go before `name`. */
static void put_others(struct rt_buf *out, struct rt_str *rest, const char *name)
{
    while (rest->n > 0) {
        struct rt_str after = *rest, param = rt_str_cut(&after, ';');
        struct rt_str last = name ? rt_str(name) : param;
        if (param.n > 0 && name && dp_tel_by_name(&param, &last) > 0)
            return;
        if (param.n > 0) {
            rt_buf_puts(out, ";");
            put_lower(out, param);
        }
        *rest = after;
    }
}

static void put_number(struct rt_buf *out, const struct dp_tel *t)
{
    struct rt_str rest = rt_str(t->number);

    while (rest.n > 0) { /* RFC 3986 2.2: a bare # begins a fragment */
        bool more = memchr(rest.p, '#', rest.n) != NULL;
        put_lower(out, rt_str_cut(&rest, '#'));
        if (more)
            rt_buf_puts(out, "%23");
    }
}

/** What a dial string says after its first pause. */
static void put_keys(struct rt_buf *out, const char *postd)
{
    for (; *postd; postd++) {
        char c = *postd == 'p' ? 'P' : *postd == 'w' ? 'X' : *postd == '#' ? 'F' : *postd;
        rt_buf_put(out, &c, 1);
    }
}

void dp_tel_write(struct rt_buf *out, const struct dp_tel *t, enum dp_tel_form form)
{
    char room[DP_CONTEXT_LEN];
    struct rt_str others = rt_str(t->others);
    bool npdi = t->npdi;

    if (form == DP_TEL_URI)
        rt_buf_puts(out, "tel:");
    put_number(out, t);
    if (t->dialstring)
        put_keys(out, t->postd);
    for (size_t i = 0; i < DP_TEL_FIELDS; i++) {
        const struct dp_tel_field *f = &dp_tel_fields[i];
        const char *value = dp_tel_slot(t, f);
        if (i >= DP_TEL_LEADING)
            put_others(out, &others, f->name);
        if (npdi && i >= DP_TEL_LEADING && strcmp(f->name, "npdi") > 0) {
            put_param(out, "npdi", rt_str(""));
            npdi = false;
        }
        if (value[0] != '\0' && f->at != offsetof(struct dp_tel, postd))
            put_param(out, f->name, plain(room, f, value));
    }
    put_others(out, &others, NULL);
}
