/* Tables in files that the plan names: lists, rate decks, ported numbers; and where ENUM asks. */
#include "dialplan/deck.h"
#include "dialplan/list.h"
#include "dialplan/ported.h"
#include "gw/enum.h"
#include "gw/plan_priv.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define TABLES_MAX 1024
#define FILES_MAX  64

/* ---- files ---- */

const char *gw_plan_path(struct gw_compile *c, const struct conf_token *t)
{
    const char *file = t->pos.file, *slash = file ? strrchr(file, '/') : NULL;
    size_t folder = slash ? (size_t)(slash - file) + 1 : 0, len = strlen(t->text);

    if (t->text[0] == '/' || folder == 0)
        return t->text;
    char *out = conf_alloc(c->arena, folder + len + 1);
    if (!out)
        return t->text;
    memcpy(out, file, folder);
    memcpy(out + folder, t->text, len + 1);
    return out;
}

/** The files of all statements `keyword` of a block, NULL-terminated; NULL: no memory. */
static const char *const *paths(struct gw_compile *c, const struct conf_node *block,
                                const char *keyword)
{
    const char **out = conf_alloc(c->arena, (FILES_MAX + 1) * sizeof *out);
    const struct conf_token *t;
    unsigned n = 0;

    for (const struct conf_node *s = conf_child(block, keyword); out && s;
         s = conf_again(s, keyword))
        for (size_t i = 0; (t = conf_arg(s, i)) != NULL && n < FILES_MAX; i++)
            out[n++] = gw_plan_path(c, t);
    return (const char *const *)out;
}

/** `columns a, b, c` as one text; NULL: there is none. */
static const char *columns(struct gw_compile *c, const struct conf_node *block)
{
    const struct conf_node *n = conf_child(block, "columns");
    return n ? gw_plan_text(c, n->token + 1, n->token + n->ntokens) : NULL;
}

/** Want of memory is no fault of the text: the plan is not there, and nobody is told more. */
static bool starved(struct gw_compile *c, int err)
{
    c->arena->failed |= err == ENOMEM;
    return err == ENOMEM;
}

/** Where a table's fault is reported: at its first file. */
static struct conf_pos place(const struct conf_node *block, const char *keyword)
{
    const struct conf_node *n = conf_child(block, keyword);
    const struct conf_token *t = n ? conf_arg(n, 0) : NULL;
    return t ? t->pos : block->pos;
}

/* ---- lists ---- */

static const struct gw_list *previous_list(const struct gw_compile *c, const char *name)
{
    const struct gw_dial_plan *d = c->previous ? &c->previous->dial : NULL;

    for (unsigned i = 0; d && i < d->nlists; i++)
        if (strcmp(d->lists[i].name, name) == 0)
            return &d->lists[i];
    return NULL;
}

static void compile_list(struct gw_compile *c, struct gw_list *l, const struct conf_node *n)
{
    const struct conf_node *csv = conf_child(n, "csv");
    const struct conf_token *refresh = csv ? conf_labelled(csv, "refresh") : NULL;
    const struct gw_list *before = previous_list(c, l->name);
    struct dp_list_config cfg = {.patterns = paths(c, n, "csv"), .columns = columns(c, n)};
    char why[DP_ROWS_WHY] = "";

    if (!csv) {
        conf_error(c->diag, n->pos, "list \"%s\" has no file: \"csv FILE\" is missing", l->name);
        return;
    }
    if (!cfg.patterns)
        return;
    l->path = cfg.patterns[0];
    l->refresh = refresh ? conf_duration(refresh) : 0;
    int err = dp_list_load(&l->list, &cfg, before ? before->list : NULL, why);
    if (err == 0)
        return;
    if (before && before->list) {
        l->list = dp_list_ref(before->list);
        conf_warn(c->diag, place(n, "csv"), "list \"%s\" stays as it was: %s", l->name,
                  why[0] ? why : strerror(err));
    } else if (!starved(c, err)) {
        conf_error(c->diag, place(n, "csv"), "list \"%s\": %s", l->name,
                   why[0] ? why : strerror(err));
    }
}

/* ---- decks ---- */

/** `reject load if bad rows > 0.1%, load if rows change > 30%` */
static void read_reject(struct gw_compile *c, struct dp_deck_config *cfg, const struct conf_node *n)
{
    struct gw_words w = gw_words(c, n, 1);

    do {
        bool start = gw_words_is(&w, "load") && gw_words_is(&w, "if");
        bool bad = start && gw_words_is(&w, "bad");
        bool rows = start && gw_words_is(&w, "rows");
        bool change = rows && !bad && gw_words_is(&w, "change");
        unsigned ppm;
        if (!rows || bad == change || !gw_words_is(&w, ">")) {
            conf_error(c->diag, w.t < w.end ? w.t->pos : n->pos,
                       "\"reject\" wants: load if bad rows > 0.1%%, load if rows change > 30%%");
            return;
        }
        if (!gw_words_percent(&w, "a percentage", 1000000, &ppm))
            return;
        *(bad ? &cfg->bad_ppm : &cfg->change_ppm) = ppm;
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

static void read_currency(struct gw_compile *c, struct gw_deck *deck, struct dp_deck_config *cfg,
                          const struct conf_node *block)
{
    const struct conf_node *n = conf_child(block, "currency");
    const struct conf_token *at = n ? conf_labelled(n, "at") : NULL;
    char *end;

    if (!n)
        return;
    if (!rt_str_copy(deck->currency, sizeof deck->currency, rt_str(conf_arg(n, 0)->text)) ||
        strlen(deck->currency) != 3)
        conf_error(c->diag, conf_arg(n, 0)->pos, "\"%s\" is not a currency like EUR",
                   conf_arg(n, 0)->text);
    deck->foreign = at != NULL;
    double rate = at ? strtod(at->text, &end) : 1;
    if (at && (*end != '\0' || !(rate > 0) || rate > 1e6))
        conf_error(c->diag, at->pos, "\"%s\" is not an exchange rate like 1.09", at->text);
    else
        cfg->factor = (int64_t)(rate * 1000000 + 0.5);
}

static struct dp_deck *previous_deck(const struct gw_compile *c, const char *name)
{
    const struct gw_dial_plan *d = c->previous ? &c->previous->dial : NULL;

    for (unsigned i = 0; d && i < d->ndecks; i++)
        if (strcmp(d->decks[i].name, name) == 0)
            return d->decks[i].deck;
    return NULL;
}

static void compile_deck(struct gw_compile *c, struct gw_deck *deck, const struct conf_node *n)
{
    const struct conf_node *sqlite = conf_child(n, "sqlite"), *reject = conf_child(n, "reject");
    const char *keyword = sqlite ? "sqlite" : "csv";
    struct dp_deck *before = previous_deck(c, deck->name);
    struct dp_deck_config cfg = {
        .name = deck->name,
        .patterns = paths(c, n, keyword),
        .columns = columns(c, n),
        .table = sqlite ? conf_labelled(sqlite, "table")->text : NULL,
        .bad_ppm = DP_DECK_ANY,
        .change_ppm = DP_DECK_ANY,
        .cache = c->plan->dial.cache,
        .now = rt_wall() / RT_S,
    };
    struct dp_deck_report report = {.rows = 0};

    if (!conf_child(n, keyword)) {
        conf_error(c->diag, n->pos, "deck \"%s\" has no file: \"csv FILE\" is missing", deck->name);
        return;
    }
    if (!cfg.patterns)
        return;
    read_currency(c, deck, &cfg, n);
    if (reject)
        read_reject(c, &cfg, reject);
    int err = dp_deck_load(&deck->deck, &cfg, before, &report);
    if (err == 0)
        return;
    const char *why = report.why[0] ? report.why : strerror(err);
    if (before) {
        deck->deck = dp_deck_ref(before);
        conf_warn(c->diag, place(n, keyword), "deck \"%s\" stays as it was: %s", deck->name, why);
    } else if (!starved(c, err)) {
        conf_error(c->diag, place(n, keyword), "deck \"%s\": %s", deck->name, why);
    }
}

/* ---- number portability ---- */

static void read_numbers(struct gw_compile *c, struct gw_lnp *l, const struct conf_node *n)
{
    if (!n)
        return;
    if (dp_table_new(&l->numbers) != 0) {
        c->arena->failed = true;
        return;
    }
    struct gw_words w = gw_words(c, n, 1);
    do {
        struct dp_pattern *p = gw_plan_pattern(c, &w);
        void *other;
        if (p)
            dp_table_add(l->numbers, p, l, &other);
    } while (gw_words_comma(&w));
    gw_words_end(&w);
    dp_table_seal(l->numbers);
}

/** `trust customers`, `trust a, b` */
static void read_trust(struct gw_compile *c, struct gw_lnp *l, const struct conf_node *n)
{
    struct gw_words w = gw_words(c, n, 1);

    do {
        const struct conf_token *t = gw_words_take(&w, "a trunk");
        if (t && strcmp(t->text, "customers") == 0)
            l->trust_customers = true;
        else if (t)
            gw_plan_add_trunks(c, l->trust, &l->ntrust, RT_COUNT(l->trust), t);
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

/** `on-miss mark npdi`, `on-error route undipped, count NAME` */
static void read_outcomes(struct gw_compile *c, struct gw_lnp *l, const struct conf_node *block)
{
    const struct conf_node *miss = conf_child(block, "on-miss");
    const struct conf_node *error = conf_child(block, "on-error");

    if (miss) {
        struct gw_words w = gw_words(c, miss, 1);
        l->mark_npdi = gw_words_is(&w, "mark") && gw_words_is(&w, "npdi");
        if (!l->mark_npdi && !gw_words_is(&w, "nothing"))
            conf_error(c->diag, miss->pos, "\"on-miss\" wants: mark npdi, or: nothing");
        else
            gw_words_end(&w);
    }
    if (error) {
        struct gw_words w = gw_words(c, error, 1);
        bool route = gw_words_is(&w, "route") && gw_words_is(&w, "undipped");
        l->on_error_reject = !route && gw_words_is(&w, "reject");
        if (!route && !l->on_error_reject)
            conf_error(c->diag, error->pos, "\"on-error\" wants: route undipped, or: reject");
        else if (gw_words_comma(&w) && !(gw_words_is(&w, "count") && gw_words_take(&w, "a name")))
            conf_error(c->diag, error->pos, "\"on-error\" wants: route undipped, count NAME");
        else
            gw_words_end(&w);
    }
}

static void compile_lnp(struct gw_compile *c, struct gw_lnp *l, const struct conf_node *n)
{
    const struct conf_node *skip = conf_child(n, "skip"), *trust = conf_child(n, "trust");
    const struct conf_token *path = conf_arg(conf_child(n, "table"), 0);
    char why[DP_PORTED_WHY] = "";

    l->path = gw_plan_path(c, path);
    l->skip_npdi = !skip || conf_has(skip, "npdi");
    read_numbers(c, l, conf_child(n, "for"));
    if (trust)
        read_trust(c, l, trust);
    read_outcomes(c, l, n);
    int err = dp_ported_open(&l->table, l->path, why);
    if (err == 0 || starved(c, err))
        return;
    if (!conf_child(n, "on-error"))
        conf_error(c->diag, path->pos, "\"%s\"%s%s", path->text, why[0] ? " " : ": ",
                   why[0] ? why : strerror(err));
    else
        conf_warn(c->diag, path->pos, "\"%s\" %s: calls are %s", path->text,
                  why[0] ? why : strerror(err), l->on_error_reject ? "refused" : "routed undipped");
}

/* ---- ENUM ---- */

/** The only trunk that says `sip enum`. */
static const struct gw_trunk *enum_trunk(const struct gw_plan *p)
{
    const struct gw_trunk *found = NULL;

    for (unsigned i = 0; i < p->ntrunks; i++)
        if (p->trunks[i].by_enum && found)
            return NULL;
        else if (p->trunks[i].by_enum)
            found = &p->trunks[i];
    return found;
}

static void compile_enum(struct gw_compile *c, struct gw_enum_plan *e, const struct conf_node *n)
{
    const struct conf_node *suffix = conf_child(n, "suffix"), *service = conf_child(n, "service");
    const struct conf_node *timeout = conf_child(n, "timeout"), *cache = conf_child(n, "cache");
    const struct conf_node *via = conf_child(n, "via");
    const struct conf_token *t, *negative = cache ? conf_labelled(cache, "negative") : NULL;

    e->suffix = suffix && conf_arg(suffix, 0) ? conf_arg(suffix, 0)->text : "e164.arpa";
    for (size_t i = 0; service && (t = conf_arg(service, i)) && i < RT_COUNT(e->service); i++)
        e->service[e->nservices++] = t->text;
    e->timeout = timeout ? conf_duration(conf_arg(timeout, 0)) : GW_ENUM_TIMEOUT;
    e->cache = cache ? conf_duration(conf_arg(cache, 0)) : GW_ENUM_CACHE;
    e->negative = negative ? conf_duration(negative) : GW_ENUM_NEGATIVE;
    if (e->timeout > 5 * RT_S)
        conf_error(c->diag, conf_arg(timeout, 0)->pos, "nobody waits longer than 5s for ENUM");
    e->via = via ? gw_plan_find_trunk(c, conf_arg(via, 0)) : enum_trunk(c->plan);
    if (!e->via && !via)
        conf_error(c->diag, n->pos,
                   "enum \"%s\" leads nowhere: one trunk has to say \"sip enum\", or \"via TRUNK\" "
                   "is missing",
                   e->name);
    else if (e->via && e->via->kind != GW_TRUNK_SIP)
        conf_error(c->diag, conf_arg(via, 0)->pos, "\"%s\" is no SIP trunk", e->via->name);
}

/* ---- all ---- */

#define ARRAY(c, keyword, array, n)                                                                \
    do {                                                                                           \
        (array) = gw_plan_array((c), (keyword), sizeof *(array), TABLES_MAX, &(n));                \
        gw_plan_names((c), (keyword), (array), (n), sizeof *(array),                               \
                      offsetof(__typeof__(*(array)), pos));                                        \
    } while (0)

void gw_plan_compile_lists(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    ARRAY(c, "list", d->lists, d->nlists);
    const struct conf_node *n = conf_child(c->root, "list");
    for (unsigned i = 0; i < d->nlists; i++, n = conf_again(n, "list"))
        compile_list(c, &d->lists[i], n);
}

/** All rates are in one currency once they are read: that of the decks without `at`. */
static void settle_currency(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;
    const struct gw_deck *home = NULL;

    for (unsigned i = 0; i < d->ndecks; i++) {
        const struct gw_deck *deck = &d->decks[i];
        if (deck->foreign || !deck->currency[0])
            continue;
        if (!home)
            home = deck;
        else if (strcmp(home->currency, deck->currency) != 0)
            conf_error(c->diag, deck->pos,
                       "deck \"%s\" is in %s and deck \"%s\" in %s: \"currency %s at RATE\" is "
                       "missing",
                       deck->name, deck->currency, home->name, home->currency, deck->currency);
    }
    for (unsigned i = 0; home && i < d->ndecks; i++)
        memcpy(d->decks[i].currency, home->currency, sizeof home->currency);
}

void gw_plan_compile_decks(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    ARRAY(c, "deck", d->decks, d->ndecks);
    const struct conf_node *n = conf_child(c->root, "deck");
    for (unsigned i = 0; i < d->ndecks; i++, n = conf_again(n, "deck")) {
        d->decks[i].index = i;
        compile_deck(c, &d->decks[i], n);
    }
    settle_currency(c);
}

void gw_plan_compile_lnps(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    ARRAY(c, "lnp", d->lnps, d->nlnps);
    const struct conf_node *n = conf_child(c->root, "lnp");
    for (unsigned i = 0; i < d->nlnps; i++, n = conf_again(n, "lnp"))
        compile_lnp(c, &d->lnps[i], n);
}

void gw_plan_compile_enums(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    ARRAY(c, "enum", d->enums, d->nenums);
    const struct conf_node *n = conf_child(c->root, "enum");
    for (unsigned i = 0; i < d->nenums; i++, n = conf_again(n, "enum")) {
        d->enums[i].index = i;
        compile_enum(c, &d->enums[i], n);
    }
}

void gw_plan_free_tables(struct gw_plan *p)
{
    struct gw_dial_plan *d = &p->dial;

    for (unsigned i = 0; i < d->nlists; i++)
        dp_list_unref(d->lists[i].list);
    for (unsigned i = 0; i < d->ndecks; i++)
        dp_deck_unref(d->decks[i].deck);
    for (unsigned i = 0; i < d->nlnps; i++) {
        dp_ported_close(d->lnps[i].table);
        dp_table_free(d->lnps[i].numbers);
    }
}
