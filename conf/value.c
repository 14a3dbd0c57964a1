/* Values: what each type accepts, and reading what was accepted. */
#include "conf/conf_priv.h"

#include "gw/rt/net.h"

static const struct unit {
    const char *name;
    rt_time length;
} units[] = {
    {"ms", RT_MS}, {"s", RT_S}, {"min", 60 * RT_S}, {"h", 3600 * RT_S}, {"d", 86400 * RT_S},
};

/** Long enough for any timer, short enough that sums of them never overflow. */
#define LONGEST_DURATION (3650 * 86400 * RT_S)

static size_t digits(const char *s)
{
    return strspn(s, "0123456789");
}

static bool read_duration(rt_time *out, const char *text)
{
    size_t n = digits(text);
    uint64_t v;

    for (size_t i = 0; i < RT_COUNT(units); i++)
        if (strcmp(text + n, units[i].name) == 0) {
            uint64_t max = (uint64_t)(LONGEST_DURATION / units[i].length);
            if (rt_str_u64(&v, (struct rt_str){text, n}, max) != 0)
                return false;
            *out = (rt_time)v * units[i].length;
            return true;
        }
    return false;
}

static bool read_range(uint64_t *low, uint64_t *high, const char *text)
{
    struct rt_str rest = rt_str(text), first = rt_str_cut(&rest, '-');

    if (rt_str_u64(low, first, UINT64_MAX) != 0)
        return false;
    *high = *low;
    if (first.n == strlen(text))
        return true;
    return rt_str_u64(high, rest, UINT64_MAX) == 0 && *low <= *high;
}

/* ---- one test per type ---- */

static bool within(const struct conf_arg_spec *spec, uint64_t v)
{
    return (spec->min == 0 && spec->max == 0) || (v >= spec->min && v <= spec->max);
}

static bool is_word(const struct conf_arg_spec *spec, const char *s)
{
    (void)spec;
    (void)s;
    return true;
}

static bool is_name(const struct conf_arg_spec *spec, const char *s)
{
    (void)spec;
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return n > 0 && s[n] == '\0';
}

static bool is_uint(const struct conf_arg_spec *spec, const char *s)
{
    uint64_t v;
    return rt_str_u64(&v, rt_str(s), UINT64_MAX) == 0 && within(spec, v);
}

static bool is_duration(const struct conf_arg_spec *spec, const char *s)
{
    rt_time v;
    (void)spec;
    return read_duration(&v, s);
}

static bool is_address(const struct conf_arg_spec *spec, const char *s)
{
    union rt_addr a;
    (void)spec;
    return rt_addr_parse(&a, s, strlen(s), 0) == 0;
}

static bool is_cidr(const struct conf_arg_spec *spec, const char *s)
{
    struct rt_cidr c;
    (void)spec;
    return rt_cidr_parse(&c, s, strlen(s)) == 0;
}

static bool is_listen(const struct conf_arg_spec *spec, const char *s)
{
    struct rt_str rest = rt_str(s), how = rt_str_cut(&rest, ':');
    bool known = rt_str_eq(how, "udp") || rt_str_eq(how, "tcp") || rt_str_eq(how, "tls");
    return known && is_address(spec, rest.p);
}

static bool is_range(const struct conf_arg_spec *spec, const char *s)
{
    uint64_t low, high;
    return read_range(&low, &high, s) && within(spec, low) && within(spec, high);
}

static bool is_number(const struct conf_arg_spec *spec, const char *s)
{
    (void)spec;
    s += s[0] == '+';
    return *s && s[strspn(s, "0123456789*#ABCD-.()")] == '\0' && strpbrk(s, "0123456789*#ABCD");
}

static bool is_uri(const struct conf_arg_spec *spec, const char *s)
{
    (void)spec;
    return strncmp(s, "sip:", 4) == 0 || strncmp(s, "sips:", 5) == 0 || strncmp(s, "tel:", 4) == 0;
}

static bool is_path(const struct conf_arg_spec *spec, const char *s)
{
    (void)spec;
    return s[0] != '\0';
}

/** Among `words`, "a|b|c"; NULL: anything. */
static bool is_keyword(const struct conf_arg_spec *spec, const char *s)
{
    struct rt_str rest = rt_str(spec->words);

    while (rest.n > 0)
        if (rt_str_eq(rt_str_cut(&rest, '|'), s))
            return true;
    return !spec->words;
}

static const struct {
    const char *name, *wrong;
    bool (*test)(const struct conf_arg_spec *spec, const char *text);
} types[] = {
    [CONF_WORD] = {"a word", "is not a word", is_word},
    [CONF_NAME] = {"a name", "is not a name of letters, digits, \"-\", \"_\" and \".\"", is_name},
    [CONF_UINT] = {"a number", "is not a number", is_uint},
    [CONF_DURATION] = {"a duration", "is not a duration like 150ms, 30s, 30min, 12h or 7d",
                       is_duration},
    [CONF_ADDRESS] = {"an address", "is not an address like 192.0.2.1 or [2001:db8::1]:5060",
                      is_address},
    [CONF_CIDR] = {"an address block", "is not an address block like 10.1.0.0/24", is_cidr},
    [CONF_LISTEN] = {"an address to listen on",
                     "is not an address to listen on like udp:0.0.0.0:5060", is_listen},
    [CONF_RANGE] = {"a range", "is not a range like 16384-32767", is_range},
    [CONF_RANGES] = {"ranges", "is not a range like 1-15", is_range},
    [CONF_NUMBER] = {"a telephone number", "is not a telephone number like +4930901820", is_number},
    [CONF_PATTERN] = {"a number pattern", "is not a number pattern", is_path},
    [CONF_URI] = {"a URI", "is not a URI like sip:10.1.0.10", is_uri},
    [CONF_PATH] = {"a file name", "is not a file name", is_path},
    [CONF_KEYWORD] = {"a word", "is none of the words that may stand here", is_keyword},
    [CONF_ARROW] = {"an arrow", "is not the arrow that belongs here", is_keyword},
    [CONF_REST] = {"words", "cannot stand here", is_word},
};

const char *conf_type_name(enum conf_type type)
{
    return types[type].name;
}

const char *conf_value_error(const struct conf_arg_spec *spec, const struct conf_token *t)
{
    bool arrow = t->kind == CONF_TOKEN_ARROW;

    if (t->kind == CONF_TOKEN_COMMA || arrow != (spec->type == CONF_ARROW))
        return types[spec->type].wrong;
    if (types[spec->type].test(spec, t->text) || (spec->words && is_keyword(spec, t->text)))
        return NULL;
    return types[spec->type].wrong;
}

/* ---- checked values ---- */

uint64_t conf_uint(const struct conf_token *t)
{
    uint64_t v = 0;
    rt_str_u64(&v, rt_str(t->text), UINT64_MAX);
    return v;
}

rt_time conf_duration(const struct conf_token *t)
{
    rt_time v = 0;
    read_duration(&v, t->text);
    return v;
}

void conf_range(const struct conf_token *t, uint64_t *low, uint64_t *high)
{
    *low = *high = 0;
    read_range(low, high, t->text);
}
