/* Decks, lists and tables of ported numbers, each by its own reader. */
#include "gw/admin/api_table.h"

#include "dialplan/deck.h"
#include "dialplan/list.h"
#include "dialplan/ported.h"
#include "gw/rt/time.h"

#include <errno.h>
#include <string.h>

#define REFUSED 422

const char *gw_api_table_text(const json_t *table, const char *key)
{
    const char *text = json_string_value(json_object_get(table, key));
    return text ? text : "";
}

static void say(json_t *one, const char *key, uint64_t n)
{
    json_object_set_new(one, key, json_integer((json_int_t)n));
}

static unsigned verdict(int err, const char *reason, char why[DP_ROWS_WHY])
{
    if (err == 0)
        return 0;
    rt_str_copy(why, DP_ROWS_WHY, rt_str(reason[0] ? reason : strerror(err)));
    return REFUSED;
}

/* ---- decks ---- */

static int load_deck(struct dp_deck **out, const json_t *table, const char *path,
                     struct dp_deck_report *r)
{
    const char *patterns[] = {path, NULL};
    struct dp_deck_config cfg = {.name = "check",
                                 .patterns = patterns,
                                 .columns = gw_api_table_text(table, "columns"),
                                 .table = gw_api_table_text(table, "query"),
                                 .bad_ppm = DP_DECK_ANY,
                                 .change_ppm = DP_DECK_ANY,
                                 .now = rt_wall() / RT_S};

    *out = NULL;
    return dp_deck_load(out, &cfg, NULL, r);
}

static void say_change(json_t *one, const struct dp_deck *before, const struct dp_deck *after)
{
    struct dp_deck_diff d;

    dp_deck_diff(&d, before, after, NULL, NULL);
    say(one, "added", d.added);
    say(one, "removed", d.removed);
    say(one, "up", d.up);
    say(one, "down", d.down);
    say(one, "same", d.same);
}

/** A deck that is there may be broken: then there is nothing to compare with. */
static unsigned read_deck(const json_t *table, const char *path, const char *before, json_t *one,
                          char why[DP_ROWS_WHY])
{
    struct dp_deck_report r = {.rows = 0}, r_old = {.rows = 0};
    struct dp_deck *deck, *old;
    int err = load_deck(&deck, table, path, &r);

    say(one, "rows", r.rows);
    say(one, "rejects", r.bad);
    json_object_set_new(one, "first_reject", json_string(r.bad_row));
    if (err == 0 && strcmp(path, before) != 0 && load_deck(&old, table, before, &r_old) == 0) {
        say_change(one, old, deck);
        dp_deck_unref(old);
    }
    dp_deck_unref(deck);
    return verdict(err, r.why, why);
}

/* ---- lists, and ported numbers ---- */

static unsigned read_list(const json_t *table, const char *path, const char *before, json_t *one,
                          char why[DP_ROWS_WHY])
{
    const char *patterns[] = {path, NULL};
    struct dp_list_config cfg = {.patterns = patterns,
                                 .columns = gw_api_table_text(table, "columns")};
    char reason[DP_ROWS_WHY] = "";
    struct dp_list *l = NULL;
    int err = dp_list_load(&l, &cfg, NULL, reason);

    (void)before;
    say(one, "rows", l ? dp_list_rows(l) : 0);
    say(one, "rejects", l ? dp_list_bad(l) : 0);
    json_object_set_new(one, "first_reject", json_string(""));
    dp_list_unref(l);
    return verdict(err, reason, why);
}

static unsigned read_ported(const json_t *table, const char *path, const char *before, json_t *one,
                            char why[DP_ROWS_WHY])
{
    char reason[DP_PORTED_WHY] = "";
    struct dp_ported *t = NULL;
    int err = dp_ported_open(&t, path, reason);

    (void)table;
    (void)before;
    if (err == 0)
        err = dp_ported_check(t, reason);
    say(one, "rows", err == 0 ? dp_ported_rows(t) : 0);
    say(one, "rejects", 0);
    json_object_set_new(one, "first_reject", json_string(""));
    if (t)
        dp_ported_close(t);
    return verdict(err, reason, why);
}

unsigned gw_api_table_read(const json_t *table, const char *path, const char *before, json_t *one,
                           char why[DP_ROWS_WHY])
{
    static const struct {
        const char *kind;
        unsigned (*read)(const json_t *table, const char *path, const char *before, json_t *one,
                         char why[DP_ROWS_WHY]);
    } kinds[] = {{"deck", read_deck}, {"list", read_list}, {"lnp", read_ported}};

    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        if (strcmp(gw_api_table_text(table, "kind"), kinds[i].kind) == 0)
            return kinds[i].read(table, path, before, one, why);
    return 0;
}
