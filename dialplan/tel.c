/* Numbers in URIs as they are read. Each parameter is a row of one table: its name, where its
 * value goes and who says whether the value is right.
 */
#include "dialplan/tel_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static const char too_long[] = "a value is too long";

static bool is_hex(char c)
{
    return isxdigit((unsigned char)c) != 0;
}

/* ---- values: NULL, or why one is wrong ---- */

/** Letters, digits and `marks`, escapes too where `escapes`. */
static bool consists(struct rt_str v, const char *marks, bool escapes)
{
    for (size_t i = 0; i < v.n; i++) {
        if (isalnum((unsigned char)v.p[i]) || (v.p[i] != '\0' && strchr(marks, v.p[i])))
            continue;
        if (!escapes || v.p[i] != '%' || rt_str_escape(v, i) <= 0)
            return false;
        i += 2;
    }
    return true;
}

static const char *copy(char *out, size_t cap, struct rt_str v, bool right, const char *why)
{
    if (v.n == 0 || !right)
        return why;
    return rt_str_copy(out, cap, v) ? NULL : too_long;
}

/** Global digits after the "+": a country code, then `hex` digits or decimal ones. */
static bool is_global(struct rt_str v, bool hex)
{
    size_t n = 0;

    if (v.n == 0 || v.p[0] != '+')
        return false;
    for (size_t i = 1; i < v.n; i++) {
        if (dp_tel_separator(v.p[i]))
            continue;
        if (!(v.p[i] >= '0' && v.p[i] <= '9') && !(hex && n > 0 && is_hex(v.p[i])))
            return false;
        n++;
    }
    return n > 0;
}

static const char *take_context(char *out, size_t cap, struct rt_str v)
{
    bool domain = v.n > 0 && isalnum((unsigned char)v.p[0]) && consists(v, "-._", false);

    return copy(out, cap, v, domain || is_global(v, true),
                "a context is a domain or a global number");
}

/** RFC 4694 4: digits, hexadecimal ones too, kept without separators. */
static const char *take_code(char *out, size_t cap, struct rt_str v)
{
    bool global = v.n > 0 && v.p[0] == '+', right = global ? is_global(v, true) : true;
    size_t n = 0;

    for (size_t i = 0; i < v.n; i++) {
        if (dp_tel_separator(v.p[i]))
            continue;
        right = right && (is_hex(v.p[i]) || (global && i == 0));
        if (n + 1 == cap)
            return right ? too_long : "not a code of digits";
        out[n++] = (char)toupper((unsigned char)v.p[i]);
    }
    out[n] = '\0';
    return right && n > 0 ? NULL : "not a code of digits";
}

static const char *take_ext(char *out, size_t cap, struct rt_str v)
{
    size_t n = 0;

    for (size_t i = 0; i < v.n; i++) {
        if (dp_tel_separator(v.p[i]))
            continue;
        if (v.p[i] < '0' || v.p[i] > '9')
            return "an extension has digits only";
        if (n + 1 == cap)
            return too_long;
        out[n++] = v.p[i];
    }
    out[n] = '\0';
    return n > 0 ? NULL : "an extension has digits only";
}

static const char *take_isub(char *out, size_t cap, struct rt_str v)
{
    return copy(out, cap, v, consists(v, "-_.!~*'()/?:&=+$,[]", true), "not a subaddress");
}

/** RFC 4904 4. */
static const char *take_label(char *out, size_t cap, struct rt_str v)
{
    return copy(out, cap, v, consists(v, "-_.!~*'()/&+$", true), "not a trunk group's label");
}

/** RFC 2806 2.2: keys, pauses and waits. */
static const char *take_postd(char *out, size_t cap, struct rt_str v)
{
    size_t n = 0;

    for (size_t i = 0; i < v.n; i++) {
        int c = v.p[i] == '%' ? rt_str_escape(v, i) : (unsigned char)v.p[i];
        i += v.p[i] == '%' ? 2 : 0;
        if (c > 0 && dp_tel_separator((char)c))
            continue;
        if (c <= 0 || !strchr("0123456789*#ABCDabcdPpWw", c))
            return "postd has keys, p and w only";
        if (n + 1 == cap)
            return too_long;
        out[n++] = (char)(strchr("PpWw", c) ? tolower(c) : toupper(c));
    }
    out[n] = '\0';
    return n > 0 ? NULL : "postd has keys, p and w only";
}

/* ---- parameters ---- */

#define FIELD(word, member, check)                                                                 \
    {                                                                                              \
        .name = (word), .len = sizeof(word) - 1, .at = offsetof(struct dp_tel, member),            \
        .cap = sizeof((struct dp_tel *)0)->member, .take = (check),                                \
        .context = (check) == take_context                                                         \
    }

const struct dp_tel_field dp_tel_fields[DP_TEL_FIELDS] = {
    FIELD("isub", isub, take_isub),
    FIELD("ext", ext, take_ext),
    FIELD("phone-context", phone_context, take_context),
    FIELD("cic", cic, take_code),
    FIELD("cic-context", cic_context, take_context),
    FIELD("postd", postd, take_postd),
    FIELD("rn", rn, take_code),
    FIELD("rn-context", rn_context, take_context),
    FIELD("tgrp", tgrp, take_label),
    FIELD("trunk-context", trunk_context, take_context),
};

/** What is being read, and how strictly. */
struct reader {
    struct dp_tel *tel;
    bool strict;
    bool behind;     /**< parameters behind the host, most of which are the URI's own */
    const char *why; /**< NULL: all is right */
    struct rt_str other[16];
    unsigned nothers;
};

/** A strict reader stops at it; another one goes on without the value. */
static void wrong(struct reader *r, const char *why)
{
    if (r->strict)
        r->why = why;
}

static void take_field(struct reader *r, const struct dp_tel_field *f, struct rt_str value)
{
    char *out = dp_tel_slot(r->tel, f);

    if (r->tel->dialstring && f->take == take_postd)
        return; /* its own keys say it */
    if (out[0] != '\0') {
        if (!r->behind)
            wrong(r, "a parameter is there twice");
        return;
    }
    const char *why = f->take(out, f->cap, value);
    if (why) {
        out[0] = '\0';
        wrong(r, why);
    }
}

static void take_other(struct reader *r, struct rt_str param)
{
    struct rt_str value = param, name = rt_str_cut(&value, '=');
    bool bare = name.n == param.n;

    if (name.n > 2 && strncasecmp(name.p, "m-", 2) == 0) { /* RFC 3966 3 */
        r->why = "it demands what is not known (m-)";
        return;
    }
    if (name.n == 0 || !consists(name, "-", false) || (!bare && value.n == 0) ||
        !consists(value, "-_.!~*'()[]/:&+$", true)) {
        wrong(r, "not a parameter");
        return;
    }
    for (unsigned i = 0; i < r->nothers; i++)
        if (dp_tel_same(dp_tel_name(r->other[i]), name)) {
            wrong(r, "a parameter is there twice");
            return;
        }
    if (r->nothers == RT_COUNT(r->other))
        wrong(r, too_long);
    else
        r->other[r->nothers++] = param;
}

static void take_param(struct reader *r, struct rt_str param)
{
    struct rt_str value = param, name = rt_str_cut(&value, '=');

    for (size_t i = 0; i < DP_TEL_FIELDS; i++)
        if (name.n == dp_tel_fields[i].len && rt_str_caseeq(name, dp_tel_fields[i].name)) {
            take_field(r, &dp_tel_fields[i], value);
            return;
        }
    if (rt_str_caseeq(name, "npdi")) {
        if (r->tel->npdi && !r->behind)
            wrong(r, "a parameter is there twice");
        if (value.n > 0)
            wrong(r, "npdi has no value");
        r->tel->npdi = true;
    } else if (!r->behind || rt_str_caseeq(name, "isub-encoding")) {
        take_other(r, param);
    }
}

static void take_params(struct reader *r, struct rt_str params)
{
    while (params.n > 0 && !r->why)
        take_param(r, rt_str_cut(&params, ';'));
}

static void join_others(struct reader *r)
{
    char *out = r->tel->others;
    size_t n = 0;

    qsort(r->other, r->nothers, sizeof r->other[0], dp_tel_by_name);
    for (unsigned i = 0; i < r->nothers; i++) {
        if (n + r->other[i].n + 2 > sizeof r->tel->others) {
            wrong(r, too_long);
            return;
        }
        out[n++] = ';';
        memcpy(out + n, r->other[i].p, r->other[i].n);
        n += r->other[i].n;
        out[n] = '\0';
    }
}

/** A value and its context: both, or the value alone when it is global; else nothing is said. */
static void pair(char *value, char *context, bool global_alone)
{
    if (global_alone && value[0] == '+')
        context[0] = '\0';
    else if (value[0] == '\0' || context[0] == '\0')
        value[0] = context[0] = '\0';
}

static void check_whole(struct reader *r)
{
    struct dp_tel *t = r->tel;

    join_others(r);
    pair(t->rn, t->rn_context, true);
    pair(t->cic, t->cic_context, true);
    pair(t->tgrp, t->trunk_context, false);
    if (t->isub[0] && t->ext[0]) { /* RFC 3966 5.3 */
        t->ext[0] = '\0';
        wrong(r, "isub and ext exclude each other");
    }
}

/* ---- the number ---- */

/** A key of a local number; in a dial string E and F mean the keys that URIs lack (RFC 4967 3). 0:
 * none. */
static char key_of(int c, const struct reader *r)
{
    bool global = r->tel->number[0] == '+';

    if (c >= '0' && c <= '9')
        return (char)c;
    if (global || c <= 0 || c > 'f')
        return 0;
    c = toupper(c);
    if (r->tel->dialstring && (c == 'E' || c == 'F'))
        return c == 'E' ? '*' : '#';
    return strchr("*#ABCDEF", c) ? (char)c : 0;
}

/** What comes after the first pause of a dial string: P waits a while, X for the other end. */
static void take_keys(struct reader *r, struct rt_str v)
{
    char *out = r->tel->postd;
    size_t n = 0;

    for (size_t i = 0; i < v.n && !r->why; i++) {
        int c = v.p[i] == '%' ? rt_str_escape(v, i) : (unsigned char)v.p[i];
        i += v.p[i] == '%' ? 2 : 0;
        if (c > 0 && dp_tel_separator((char)c))
            continue;
        char key = c == 'P' || c == 'p' ? 'p' : c == 'X' || c == 'x' ? 'w' : key_of(c, r);
        if (key == 0)
            r->why = "a dial string has keys, P and X only";
        else if (n + 1 == sizeof r->tel->postd)
            r->why = too_long;
        else
            out[n++] = key;
    }
    out[n] = '\0';
}

/** `named`: letters would be a name, since nothing says that it is a number. */
static void take_number(struct reader *r, struct rt_str v, bool named)
{
    char *out = r->tel->number;
    size_t n = 0;
    bool letters = false;

    for (size_t i = 0; i < v.n; i++) {
        size_t from = i;
        int c = v.p[i] == '%' ? rt_str_escape(v, i) : (unsigned char)v.p[i];
        i += v.p[i] == '%' ? 2 : 0;
        if (c >= '0' && c <= '9' && n + 2 < sizeof r->tel->number) { /* nearly all of them */
            out[n++] = (char)c;
            continue;
        }
        if (r->tel->dialstring && n > 0 && c > 0 && strchr("PpXx", c)) {
            take_keys(r, (struct rt_str){v.p + from, v.n - from});
            break;
        }
        char key = c == '+' && from == 0 ? '+' : key_of(c, r);
        letters = letters || (c > 0 && isalpha(c));
        if (key == 0 && c > 0 && dp_tel_separator((char)c))
            continue;
        if (key == 0 || (named && letters)) {
            r->why = "not a number";
            return;
        }
        if (n + 1 + (out[0] != '+' || n == 0) == sizeof r->tel->number) {
            r->why = too_long;
            return;
        }
        out[n++] = key;
    }
    out[n] = '\0';
    if (n == 0 || (n == 1 && out[0] == '+'))
        r->why = "it has no digits";
}

/* ---- URIs ---- */

static bool scheme(struct rt_str *uri, const char *name)
{
    size_t n = strlen(name);

    if (uri->n <= n || strncasecmp(uri->p, name, n) != 0 || uri->p[n] != ':')
        return false;
    uri->p += n + 1;
    uri->n -= n + 1;
    return true;
}

/** The value of the SIP URI's own `user` (RFC 3261 19.1.1). */
static struct rt_str user_kind(struct rt_str params)
{
    while (params.n > 0) {
        struct rt_str value = rt_str_cut(&params, ';'), name = rt_str_cut(&value, '=');
        if (rt_str_caseeq(name, "user"))
            return value;
    }
    return (struct rt_str){"", 0};
}

static void read_sip(struct reader *r, struct rt_str uri)
{
    if (uri.n == 0 || !memchr(uri.p, '@', uri.n)) {
        r->why = "a host alone names nobody";
        return;
    }
    struct rt_str params = rt_str_cut(&uri, '@'), number = rt_str_cut(&params, ';');
    struct rt_str behind = rt_str_cut(&uri, '?');
    rt_str_cut(&behind, ';');
    struct rt_str kind = user_kind(behind);

    number = rt_str_cut(&number, ':'); /* a password, which nobody should send */
    r->tel->dialstring = rt_str_caseeq(kind, "dialstring");
    take_number(r, number, !r->tel->dialstring && !rt_str_caseeq(kind, "phone"));
    take_params(r, params);
    bool strict = r->strict;
    r->strict = false;
    r->behind = true;
    take_params(r, behind);
    r->strict = strict;
    if (!r->why && r->tel->dialstring && r->tel->phone_context[0] == '\0') /* RFC 4967 3 */
        wrong(r, "a dial string needs its phone-context");
}

/** No value yet. Most URIs have few, so that their room is not cleared. */
static void start(struct reader *r, struct dp_tel *tel, bool strict)
{
    r->tel = tel;
    r->strict = strict;
    r->behind = false;
    r->why = NULL;
    r->nothers = 0;
    tel->number[0] = tel->others[0] = '\0';
    tel->npdi = tel->dialstring = false;
    for (size_t i = 0; i < DP_TEL_FIELDS; i++)
        dp_tel_slot(tel, &dp_tel_fields[i])[0] = '\0';
}

static int read_uri(struct dp_tel *out, struct rt_str uri, const char **why, bool strict)
{
    struct reader r;

    start(&r, out, strict);

    if (scheme(&uri, "tel")) {
        take_number(&r, rt_str_cut(&uri, ';'), false);
        take_params(&r, uri);
        if (!r.why && r.tel->number[0] != '+' && r.tel->phone_context[0] == '\0')
            wrong(&r, "a local number needs its phone-context"); /* RFC 3966 5.1.5 */
    } else if (scheme(&uri, "sip") || scheme(&uri, "sips")) {
        read_sip(&r, uri);
    } else {
        r.why = "neither a tel: nor a sip: URI";
    }
    if (!r.why)
        check_whole(&r);
    *why = r.why ? r.why : "";
    if (r.why)
        return r.why == too_long ? E2BIG : EINVAL;
    return 0;
}

int dp_tel_parse(struct dp_tel *out, struct rt_str uri, const char **why)
{
    return read_uri(out, uri, why, true);
}

int dp_tel_read(struct dp_tel *out, struct rt_str uri, const char **why)
{
    return read_uri(out, uri, why, false);
}
