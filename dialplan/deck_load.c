/* From files to a deck: rows into classes and intervals, dates in their order, and the guards that
 * keep a broken upload out. */
#include "dialplan/deck_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *const dp_deck_fields[] = {"prefix", "from", "to",        "rate", "setup",
                                      "first",  "step", "effective", "name", NULL};

/** A row that waits for its turn: dates come in order, whatever the files' order. */
struct dated_row {
    uint64_t lo, hi;
    uint32_t class, date; /* which of `dates` */
};

struct load {
    const struct dp_deck_config *cfg;
    struct dp_deck_report *report;
    struct dp_deck *deck;
    struct dp_image_builder *builder;
    struct dp_interning *classes;
    struct dated_row *rows;
    size_t nrows, rows_cap;
    int64_t *dates;
    uint32_t ndates, dates_cap, last_date;
};

bool dp_deck_columns(const struct dp_rows *rows, char why[DP_ROWS_WHY])
{
    bool range = dp_rows_has(rows, DF_FROM) && dp_rows_has(rows, DF_TO);

    if ((dp_rows_has(rows, DF_PREFIX) || range) && dp_rows_has(rows, DF_RATE))
        return true;
    snprintf(why, DP_ROWS_WHY, "a deck needs the columns prefix (or from and to) and rate");
    return false;
}

const char *dp_deck_row_range(const struct dp_row *row, uint64_t *lo, uint64_t *hi, int64_t *date)
{
    const struct rt_str *f = row->field;
    const char *why;

    if (f[DF_PREFIX].n == 0 && f[DF_FROM].n > 0) {
        why = dp_cell_range(lo, hi, f[DF_FROM], f[DF_TO]);
    } else {
        why = dp_cell_prefix(lo, f[DF_PREFIX]);
        *hi = why ? 0 : dp_key_end(*lo);
    }
    return why ? why : dp_cell_date(date, f[DF_DATE]);
}

const char *dp_deck_row_price(const struct dp_row *row, struct dp_price *p)
{
    const struct rt_str *f = row->field;
    const char *why = dp_cell_price(&p->rate, f[DF_RATE]);

    p->setup = 0;
    if (!why && f[DF_SETUP].n > 0)
        why = dp_cell_price(&p->setup, f[DF_SETUP]);
    if (!why)
        why = dp_cell_seconds(&p->first, f[DF_FIRST], 1);
    if (!why)
        why = dp_cell_seconds(&p->step, f[DF_STEP], 1);
    p->name = f[DF_NAME];
    return why;
}

/* ---- dates ---- */

static int intern_date(struct load *l, int64_t date, uint32_t *out)
{
    if (l->ndates > 0 && l->dates[l->last_date] == date) {
        *out = l->last_date;
        return 0;
    }
    for (l->last_date = 0; l->last_date < l->ndates; l->last_date++)
        if (l->dates[l->last_date] == date) {
            *out = l->last_date;
            return 0;
        }
    if (l->ndates == l->dates_cap) {
        uint32_t more = l->dates_cap > 0 ? 2 * l->dates_cap : 16;
        int64_t *p = realloc(l->dates, more * sizeof *p);
        if (!p)
            return ENOMEM;
        l->dates = p;
        l->dates_cap = more;
    }
    l->dates[l->ndates] = date;
    *out = l->last_date = l->ndates++;
    return 0;
}

static int put_aside(struct load *l, struct dated_row row, int64_t date)
{
    if (l->nrows == l->rows_cap) {
        size_t more = l->rows_cap > 0 ? 2 * l->rows_cap : 1024;
        struct dated_row *p = realloc(l->rows, more * sizeof *p);
        if (!p)
            return ENOMEM;
        l->rows = p;
        l->rows_cap = more;
    }
    int err = intern_date(l, date, &row.date);
    if (err == 0)
        l->rows[l->nrows++] = row;
    return err;
}

struct dated {
    int64_t date;
    uint32_t was;
};

static int by_date(const void *a, const void *b)
{
    const struct dated *x = a, *y = b;
    return x->date < y->date ? -1 : x->date > y->date;
}

/** Adds the rows put aside, of each date those read last last. */
static int add_in_order(struct load *l)
{
    struct dated *order = calloc(l->ndates + 1, sizeof *order);
    size_t *start = calloc(l->ndates + 1, sizeof *start), sum = 0;
    uint32_t *sorted = malloc((l->nrows + 1) * sizeof *sorted);
    int err = order && start && sorted ? 0 : ENOMEM;

    for (uint32_t i = 0; err == 0 && i < l->ndates; i++)
        order[i] = (struct dated){l->dates[i], i};
    if (err == 0)
        qsort(order, l->ndates, sizeof *order, by_date);
    for (size_t i = 0; err == 0 && i < l->nrows; i++)
        start[l->rows[i].date]++;
    for (uint32_t i = 0; err == 0 && i < l->ndates; i++) {
        size_t n = start[order[i].was];
        start[order[i].was] = sum;
        sum += n;
    }
    for (size_t i = 0; err == 0 && i < l->nrows; i++)
        sorted[start[l->rows[i].date]++] = (uint32_t)i;
    for (size_t i = 0; err == 0 && i < l->nrows; i++) {
        const struct dated_row *r = &l->rows[sorted[i]];
        err = dp_image_add(l->builder, r->lo, r->hi, r->class);
    }
    free(order);
    free(start);
    free(sorted);
    return err;
}

/* ---- rows ---- */

static void wait_for(struct dp_deck_facts *facts, int64_t date)
{
    facts->future_rows++;
    if (date < facts->next_change)
        facts->next_change = date;
}

/** Takes a row; `*why` when it is bad. */
static int take_row(struct load *l, const struct dp_row *row, bool dated, const char **why)
{
    struct dp_price price;
    struct dated_row r;
    int64_t date;

    *why = dp_deck_row_range(row, &r.lo, &r.hi, &date);
    if (!*why)
        *why = dp_deck_row_price(row, &price);
    if (*why)
        return 0;
    if (date > l->cfg->now) {
        wait_for(&l->deck->facts, date);
        return 0;
    }
    int err = dp_intern(l->classes, &price, &r.class);
    if (err == ERANGE) {
        *why = "price is too high";
        return 0;
    }
    if (err != 0)
        return err;
    return dated ? put_aside(l, r, date) : dp_image_add(l->builder, r.lo, r.hi, r.class);
}

static int read_rows(struct load *l, struct dp_rows *rows)
{
    bool dated = dp_rows_has(rows, DF_DATE);
    const struct dp_row *row;
    const char *why;
    int err;

    while ((err = dp_rows_next(rows, &row)) == 0) {
        err = take_row(l, row, dated || l->nrows > 0, &why);
        if (err != 0)
            return err;
        if (why)
            dp_rows_reject(rows, row, why);
        else
            l->deck->facts.rows++;
    }
    return err == ENODATA ? 0 : err;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int read_file(struct load *l, const char *file)
{
    char why[DP_ROWS_WHY] = "";
    struct rt_buf rejects = {0};
    struct dp_rows *rows;

    dp_files_rejects(&rejects, file);
    struct dp_rows_config cfg = {.path = file,
                                 .columns = l->cfg->columns,
                                 .table = l->cfg->table,
                                 .fields = dp_deck_fields,
                                 .rejects = rejects.p};
    int err = rejects.failed ? ENOMEM : dp_rows_open(&rows, &cfg, why);
    rt_buf_release(&rejects);
    if (err == 0) {
        err = dp_deck_columns(rows, why) ? read_rows(l, rows) : EINVAL;
        l->deck->facts.bad += dp_rows_bad(rows);
        if (dp_rows_bad(rows) > 0 && l->report->bad_row[0] == '\0')
            snprintf(l->report->bad_row, DP_ROWS_WHY, "%.100s: %.150s", base(file),
                     dp_rows_first_bad(rows));
        dp_rows_close(rows);
    }
    if (err == EBADMSG && why[0] == '\0')
        snprintf(why, sizeof why, "the file is damaged or ends early");
    if (err != 0)
        snprintf(l->report->why, DP_ROWS_WHY, "%.100s: %.150s", base(file),
                 why[0] ? why : strerror(err));
    return err;
}

static int compile(struct load *l)
{
    int err = dp_interning_new(&l->classes, &l->deck->classes, l->deck->factor);

    if (err == 0)
        err = dp_image_builder_new(&l->builder);
    for (unsigned i = 0; err == 0 && i < l->deck->nfiles; i++)
        err = read_file(l, l->deck->files[i]);
    if (err == 0 && l->nrows > 0)
        err = add_in_order(l);
    return err;
}

static int guard(const struct load *l, const struct dp_deck *previous)
{
    const struct dp_deck_facts *f = &l->deck->facts;
    struct dp_guard g = {.rows = f->rows,
                         .bad = f->bad,
                         .was = previous ? previous->facts.rows : 0,
                         .bad_ppm = l->cfg->bad_ppm,
                         .change_ppm = l->cfg->change_ppm,
                         .bad_row = l->report->bad_row};

    if (f->rows > 0)
        return dp_guard_check(&g, l->report->why);
    snprintf(l->report->why, DP_ROWS_WHY, "not one good row%s%.200s", f->bad > 0 ? "; " : "",
             l->report->bad_row);
    return EBADMSG;
}

/* ---- all of it ---- */

static int set_up(struct load *l)
{
    const struct dp_deck_config *cfg = l->cfg;
    struct dp_deck *d = l->deck;
    struct rt_file_info info;

    atomic_init(&d->holders, 1);
    d->factor = cfg->factor > 0 ? cfg->factor : 1000000;
    d->facts = (struct dp_deck_facts){.built_for = cfg->now, .next_change = DP_DECK_NEVER};
    d->name = rt_str_dup(rt_str(cfg->name));
    d->columns = rt_str_dup(rt_str(cfg->columns));
    d->table = rt_str_dup(rt_str(cfg->table));
    if (!d->name || !d->columns || !d->table)
        return ENOMEM;
    int err = dp_files_find(&d->files, &d->nfiles, cfg->patterns, l->report->why);
    for (unsigned i = 0; err == 0 && i < d->nfiles; i++)
        if (rt_file_stat(&info, d->files[i]) == 0 && info.modified > d->facts.modified)
            d->facts.modified = info.modified;
    return err;
}

static void clean_up(struct load *l)
{
    dp_interning_free(l->classes);
    dp_image_builder_free(l->builder);
    free(l->rows);
    free(l->dates);
}

/** The deck from the cache or the files; `hash` is there when it may be cached. */
static int make(struct load *l, const struct dp_deck *previous, const uint8_t *hash)
{
    l->report->cached = hash && dp_deck_from_cache(l->deck, l->cfg, hash) == 0;
    int err = l->report->cached ? 0 : compile(l);

    l->report->rows = l->deck->facts.rows;
    l->report->bad = l->deck->facts.bad;
    if (err == 0)
        err = guard(l, previous);
    if (err == 0 && !l->report->cached) {
        err = dp_image_build(&l->deck->image, l->builder);
        if (err == 0 && hash)
            dp_deck_to_cache(l->deck, l->cfg, hash); /* without a cache the next start is slower */
    }
    return err;
}

int dp_deck_load(struct dp_deck **out, const struct dp_deck_config *cfg,
                 const struct dp_deck *previous, struct dp_deck_report *report)
{
    uint8_t hash[DP_IMAGE_HASH];
    struct load l = {.cfg = cfg, .report = report, .deck = calloc(1, sizeof *l.deck)};

    *report = (struct dp_deck_report){.rows = 0};
    if (!l.deck)
        return ENOMEM;
    int err = set_up(&l);
    report->files = l.deck->nfiles;
    if (err == 0) {
        bool hashed = cfg->cache && dp_deck_hash(hash, l.deck) == 0;
        err = make(&l, previous, hashed ? hash : NULL);
    }
    clean_up(&l);
    if (err != 0) {
        if (report->why[0] == '\0')
            snprintf(report->why, DP_ROWS_WHY, "%s", strerror(err));
        dp_deck_unref(l.deck);
        return err;
    }
    *out = l.deck;
    return 0;
}
