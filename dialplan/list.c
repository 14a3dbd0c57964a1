/* Lists of numbers. A row's text is kept once, as the name of a class without a price. */
#include "dialplan/list.h"

#include "dialplan/deck_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum field { PREFIX, NUMBER, FROM, TO, REASON, NAME };
static const char *const fields[] = {"prefix", "number", "from", "to", "reason", "name", NULL};

struct dp_list {
    struct dp_image *image;
    struct dp_classes texts;
    bool raw;
    uint64_t rows, bad;
    atomic_uint holders;
};

struct load {
    const struct dp_list_config *cfg;
    struct dp_list *list;
    struct dp_image_builder *builder;
    struct dp_interning *texts;
    char *why;
    char bad_row[DP_ROWS_WHY];
};

/** A number as dialled: digits, `*`, `#`, A-D, all of the cell. */
static const char *raw_key(uint64_t *key, struct rt_str s)
{
    char digits[DP_KEY_TEXT_LEN];

    if (!rt_str_copy(digits, sizeof digits, s))
        return "prefix has more than 15 digits";
    *key = dp_key_of(digits);
    if (s.n == 0 || dp_key_length(*key) != s.n)
        return "prefix is no number";
    return NULL;
}

static const char *read_key(const struct load *l, uint64_t *key, struct rt_str s)
{
    return l->cfg->raw ? raw_key(key, s) : dp_cell_prefix(key, s);
}

static const char *read_range(const struct load *l, const struct rt_str *f, uint64_t *lo,
                              uint64_t *hi)
{
    uint64_t last;
    const char *why;

    if (f[PREFIX].n == 0 && f[FROM].n > 0 && !l->cfg->raw)
        return dp_cell_range(lo, hi, f[FROM], f[TO]);
    if (f[PREFIX].n == 0 && f[FROM].n > 0) {
        why = read_key(l, lo, f[FROM]);
        if (!why)
            why = read_key(l, &last, f[TO]);
        if (!why && (dp_key_length(*lo) != dp_key_length(last) || last < *lo))
            why = "to is no end of from";
        *hi = why ? 0 : dp_key_end(last);
        return why;
    }
    bool exact = f[PREFIX].n == 0 && f[NUMBER].n > 0;
    why = read_key(l, lo, f[exact ? NUMBER : PREFIX]);
    *hi = why ? 0 : exact ? *lo + 1 : dp_key_end(*lo);
    return why;
}

static int take_row(struct load *l, struct dp_rows *rows, const struct dp_row *row)
{
    struct dp_price text = {.name = row->field[row->field[REASON].n > 0 ? REASON : NAME]};
    uint64_t lo, hi;
    uint32_t value;
    const char *bad = read_range(l, row->field, &lo, &hi);

    if (bad) {
        dp_rows_reject(rows, row, bad);
        return 0;
    }
    l->list->rows++;
    int err = dp_intern(l->texts, &text, &value);
    return err == 0 ? dp_image_add(l->builder, lo, hi, value) : err;
}

static int read_rows(struct load *l, struct dp_rows *rows)
{
    bool keyed = dp_rows_has(rows, PREFIX) || dp_rows_has(rows, NUMBER) ||
                 (dp_rows_has(rows, FROM) && dp_rows_has(rows, TO));
    const struct dp_row *row;
    int err = dp_rows_next(rows, &row);

    if (err == 0 && !keyed) {
        snprintf(l->why, DP_ROWS_WHY, "a list needs a column prefix, number, or from and to");
        return EINVAL;
    }
    for (; err == 0; err = err == 0 ? dp_rows_next(rows, &row) : err)
        err = take_row(l, rows, row);
    if (err == EBADMSG)
        snprintf(l->why, DP_ROWS_WHY, "the file is damaged or ends early");
    return err == ENODATA ? 0 : err;
}

static int read_file(struct load *l, const char *file)
{
    struct rt_buf rejects = {0};
    struct dp_rows *rows;
    char why[DP_ROWS_WHY];

    dp_files_rejects(&rejects, file);
    struct dp_rows_config cfg = {.path = file,
                                 .columns = l->cfg->columns,
                                 .table = l->cfg->table,
                                 .fields = fields,
                                 .rejects = rejects.p};
    int err = rejects.failed ? ENOMEM : dp_rows_open(&rows, &cfg, l->why);
    rt_buf_release(&rejects);
    if (err == 0) {
        err = read_rows(l, rows);
        l->list->bad += dp_rows_bad(rows);
        if (l->bad_row[0] == '\0' && dp_rows_bad(rows) > 0)
            snprintf(l->bad_row, sizeof l->bad_row, "%.100s: %.150s", file,
                     dp_rows_first_bad(rows));
        dp_rows_close(rows);
    }
    if (err != 0) {
        snprintf(why, sizeof why, "%.100s: %.150s", file, l->why[0] ? l->why : strerror(err));
        memcpy(l->why, why, sizeof why);
    }
    return err;
}

static int compile(struct load *l, const struct dp_list *previous)
{
    char **files = NULL;
    unsigned n = 0;
    int err = dp_files_find(&files, &n, l->cfg->patterns, l->why);

    if (err == 0)
        err = dp_interning_new(&l->texts, &l->list->texts, 1000000);
    if (err == 0)
        err = dp_image_builder_new(&l->builder);
    for (unsigned i = 0; err == 0 && i < n; i++)
        err = read_file(l, files[i]);
    dp_files_free(files, n);
    struct dp_guard g = {.rows = l->list->rows,
                         .bad = l->list->bad,
                         .was = previous ? previous->rows : 0,
                         .bad_ppm = l->cfg->bad_ppm,
                         .change_ppm = l->cfg->change_ppm,
                         .bad_row = l->bad_row};
    if (err == 0)
        err = dp_guard_check(&g, l->why);
    return err == 0 ? dp_image_build(&l->list->image, l->builder) : err;
}

int dp_list_load(struct dp_list **out, const struct dp_list_config *cfg,
                 const struct dp_list *previous, char why[DP_ROWS_WHY])
{
    struct load l = {.cfg = cfg, .list = calloc(1, sizeof *l.list), .why = why};

    why[0] = '\0';
    if (!l.list)
        return ENOMEM;
    atomic_init(&l.list->holders, 1);
    l.list->raw = cfg->raw;
    int err = compile(&l, previous);
    dp_interning_free(l.texts);
    dp_image_builder_free(l.builder);
    if (err != 0) {
        if (why[0] == '\0')
            snprintf(why, DP_ROWS_WHY, "%s", strerror(err));
        dp_list_unref(l.list);
        return err;
    }
    *out = l.list;
    return 0;
}

struct dp_list *dp_list_ref(struct dp_list *l)
{
    atomic_fetch_add_explicit(&l->holders, 1, memory_order_relaxed);
    return l;
}

void dp_list_unref(struct dp_list *l)
{
    if (!l || atomic_fetch_sub_explicit(&l->holders, 1, memory_order_acq_rel) > 1)
        return;
    dp_image_unref(l->image);
    dp_classes_release(&l->texts);
    free(l);
}

const char *dp_list_find(const struct dp_list *l, const struct dp_number *n)
{
    if (n->e164 != l->raw && n->digits[0] != '\0') {
        uint32_t value = dp_image_find(l->image, dp_key_of(n->digits));
        if (value < l->texts.n)
            return l->texts.names.p + l->texts.class[value].name;
    }
    return NULL;
}

uint64_t dp_list_rows(const struct dp_list *l)
{
    return l->rows;
}

uint64_t dp_list_bad(const struct dp_list *l)
{
    return l->bad;
}

size_t dp_list_bytes(const struct dp_list *l)
{
    return sizeof *l + dp_image_bytes(l->image) + l->texts.cap * sizeof *l->texts.class +
           l->texts.names.cap;
}
