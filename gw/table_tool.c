/* The front end of the compiled tables: of dialplan/ported.h and dialplan/deck.h. */
#include "gw/table_tool.h"
#include "dialplan/deck.h"
#include "dialplan/ported.h"
#include "gw/cdr.h"
#include "gw/rt/time.h"

#include <errno.h>
#include <inttypes.h>

#define FILES_MAX 64

enum { OK, FAILED, USAGE };

/** What the command line says. */
struct order {
    const char *arg[FILES_MAX + 3]; /* the last is NULL */
    unsigned n;
    const char *country, *columns, *table, *max_bad;
    uint64_t bad; /* of max_bad */
    bool json;
    struct rt_buf *out, *err;
};

static int complain(struct order *o, const char *what, const char *about)
{
    rt_buf_printf(o->err, "tandem: table: %s%s%s\n", what, about[0] ? ": " : "", about);
    return FAILED;
}

static int usage(struct order *o, const char *what, const char *about)
{
    complain(o, what, about);
    rt_buf_puts(o->err,
                "usage: tandem table compile lnp FILE.csv FILE.tdb [--country CODE] [--max-bad N]\n"
                "       tandem table check FILE.tdb\n"
                "       tandem table check deck FILE... [--columns TEXT] [--table NAME] "
                "[--max-bad N]\n");
    return USAGE;
}

/* ---- the command line ---- */

/** Takes the option `word` with its value: how many words were taken, 0: it is none, -1: wrong. */
static int take_option(struct order *o, const char *word, const char *value)
{
    const struct {
        const char *name;
        const char **at;
    } options[] = {{"--country", &o->country},
                   {"--columns", &o->columns},
                   {"--table", &o->table},
                   {"--max-bad", &o->max_bad}};

    for (size_t i = 0; i < RT_COUNT(options); i++)
        if (strcmp(word, options[i].name) == 0) {
            *options[i].at = value;
            return value ? 2 : -1;
        }
    return word[0] == '-' && word[1] == '-' ? -1 : 0;
}

static int read_order(struct order *o, int words, char *const word[])
{
    for (int i = 0; i < words;) {
        int taken = take_option(o, word[i], i + 1 < words ? word[i + 1] : NULL);
        if (taken < 0)
            return usage(o, "unknown option, or its value is missing", word[i]);
        if (taken == 0 && o->n + 1 == RT_COUNT(o->arg))
            return usage(o, "too many files", word[i]);
        if (taken == 0)
            o->arg[o->n++] = word[i++];
        i += taken;
    }
    if (o->max_bad && rt_str_u64(&o->bad, rt_str(o->max_bad), UINT64_MAX) != 0)
        return usage(o, "not a number", o->max_bad);
    if (o->country && (!o->country[0] || strlen(o->country) > 3 ||
                       o->country[strspn(o->country, "0123456789")] != '\0'))
        return usage(o, "not a country code like 49", o->country);
    return OK;
}

/* ---- what is said ---- */

static void say_text(struct order *o, const char *key, const char *value)
{
    if (!o->json) {
        if (value[0])
            rt_buf_printf(o->out, "%-16s %s\n", key, value);
        return;
    }
    rt_buf_puts(o->out, o->out->n > 0 ? "," : "{");
    gw_json_text(o->out, key);
    rt_buf_puts(o->out, ":");
    gw_json_text(o->out, value);
}

static void say_number(struct order *o, const char *key, uint64_t value)
{
    if (!o->json) {
        rt_buf_printf(o->out, "%-16s %" PRIu64 "\n", key, value);
        return;
    }
    rt_buf_puts(o->out, o->out->n > 0 ? "," : "{");
    gw_json_text(o->out, key);
    rt_buf_printf(o->out, ":%" PRIu64, value);
}

static void say_end(struct order *o)
{
    if (o->json)
        rt_buf_puts(o->out, "}\n");
}

/* ---- ported numbers ---- */

/** `err` is 0 or an errno; `why` may be empty. */
static int verdict(struct order *o, int err, const char *file, const char *why)
{
    if (err == 0)
        return OK;
    rt_buf_printf(o->err, "tandem: table: %s: %s\n", file, why[0] ? why : strerror(err));
    return FAILED;
}

static int compile_lnp(struct order *o)
{
    const char *csv = o->arg[2], *path = o->arg[3];
    struct dp_ported_rules rules = {.country = o->country, .max_bad = o->bad};
    struct dp_ported_report r = {.rows = 0};
    char why[DP_PORTED_WHY] = "";

    int err = dp_ported_build(csv, path, &rules, &r, why);
    say_text(o, "table", err == 0 ? path : "");
    say_number(o, "rows", r.rows);
    say_number(o, "routings", r.routings);
    say_number(o, "duplicates", r.duplicates);
    say_number(o, "bad", r.bad);
    say_text(o, "first_bad", r.first_bad);
    say_number(o, "bytes", r.bytes);
    say_end(o);
    return verdict(o, err, csv, why);
}

static int check_lnp(struct order *o)
{
    const char *path = o->arg[1];
    char why[DP_PORTED_WHY] = "";
    struct dp_ported *t = NULL;

    int err = dp_ported_open(&t, path, why);
    if (err != 0)
        return verdict(o, err, path, why);
    say_text(o, "table", path);
    say_number(o, "rows", dp_ported_rows(t));
    say_number(o, "routings", dp_ported_routings(t));
    say_number(o, "bytes", dp_ported_bytes(t));
    say_end(o);
    err = dp_ported_check(t, why);
    dp_ported_close(t);
    return verdict(o, err, path, why);
}

/* ---- decks ---- */

static void say_deck(struct order *o, const struct dp_deck *d)
{
    struct dp_deck_info i;

    dp_deck_info(d, &i);
    say_number(o, "rates", i.classes);
    say_number(o, "ranges", i.ranges);
    say_number(o, "bytes", i.bytes);
    say_number(o, "waiting", i.future_rows);
}

static int check_deck(struct order *o)
{
    struct dp_deck_config cfg = {
        .name = "check",
        .patterns = o->arg + 2,
        .columns = o->columns,
        .table = o->table,
        .bad_ppm = DP_DECK_ANY,
        .change_ppm = DP_DECK_ANY,
        .now = rt_wall() / RT_S,
    };
    struct dp_deck_report r = {.rows = 0};
    struct dp_deck *d = NULL;

    int err = dp_deck_load(&d, &cfg, NULL, &r);
    say_number(o, "files", r.files);
    say_number(o, "rows", r.rows);
    say_number(o, "bad", r.bad);
    say_text(o, "first_bad", r.bad_row);
    if (err == 0)
        say_deck(o, d);
    say_end(o);
    dp_deck_unref(d);
    if (err != 0)
        return verdict(o, err, "deck", r.why);
    return r.bad > o->bad ? complain(o, "there are bad rows", r.bad_row) : OK;
}

int gw_table_tool(struct rt_buf *out, struct rt_buf *err, bool json, int words, char *const word[])
{
    struct order o = {.json = json, .out = out, .err = err};
    int code = read_order(&o, words, word);
    bool check = o.n > 0 && strcmp(o.arg[0], "check") == 0;

    if (code != OK)
        return code;
    if (o.n == 4 && strcmp(o.arg[0], "compile") == 0 && strcmp(o.arg[1], "lnp") == 0)
        return compile_lnp(&o);
    if (check && o.n > 2 && strcmp(o.arg[1], "deck") == 0)
        return check_deck(&o);
    if (check && o.n == 2)
        return check_lnp(&o);
    return usage(&o, "what is to be done", o.n > 0 ? o.arg[0] : "");
}
