/* Compiling ported numbers: rows in any order become a table (ported_priv.h has its form). The
 * table is made beside the old one and takes its place when it is whole and on the disk.
 */
#include "dialplan/ported_priv.h"
#include "dialplan/rows.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMORY ((size_t)512 << 20)

struct dp_ported_builder {
    char *path, *temp;
    char country[4];
    struct rt_append *file;
    struct ported_sorter sorter;
    struct ported_names names;
    struct ported_writer writer;
    struct ported_record held; /**< the row before is written when the next has another number */
    bool holds, renamed;
    uint64_t duplicates;
};

static char *joined(const char *path, const char *suffix)
{
    size_t cap = strlen(path) + strlen(suffix) + 1;
    char *out = malloc(cap);

    if (out)
        RT_JOIN(out, cap, rt_str(path), rt_str(suffix));
    return out;
}

static int open_files(struct dp_ported_builder *b, size_t memory)
{
    /* half of the memory is where runs are sorted to */
    size_t max = (memory > 0 ? memory : MEMORY) / sizeof(struct ported_record) / 2;
    char *runs = joined(b->path, ".runs");
    int err = b->temp && runs ? dp_ported_sorter_init(&b->sorter, runs, max) : ENOMEM;

    if (err == 0)
        err = rt_append_open(&b->file, b->temp, 0644); /* EBUSY: somebody else is at it */
    if (err == 0)
        err = rt_append_truncate(b->file, 0);
    if (err == 0)
        err = rt_file_remove(runs);
    free(runs);
    return err;
}

int dp_ported_builder_new(struct dp_ported_builder **out, const char *path,
                          const struct dp_ported_rules *rules)
{
    struct dp_ported_builder *b = calloc(1, sizeof *b);

    if (!b)
        return ENOMEM;
    b->path = rt_str_dup(rt_str(path));
    b->temp = b->path ? joined(path, ".new") : NULL;
    int err = b->temp ? open_files(b, rules ? rules->memory : 0) : ENOMEM;
    if (err == 0 && rules && rules->country &&
        !rt_str_copy(b->country, sizeof b->country, rt_str(rules->country)))
        err = EINVAL;
    if (err != 0) {
        dp_ported_builder_free(b);
        return err;
    }
    *out = b;
    return 0;
}

void dp_ported_builder_free(struct dp_ported_builder *b)
{
    if (!b)
        return;
    if (b->file) {
        if (!b->renamed)
            rt_file_remove(b->temp);
        rt_append_close(b->file);
    }
    dp_ported_sorter_release(&b->sorter);
    dp_ported_names_release(&b->names);
    dp_ported_write_release(&b->writer);
    free(b->path);
    free(b->temp);
    free(b);
}

/* ---- rows ---- */

/** The text without visual separators, in upper case, with the country's code before it when it is
 * of digits only and has no "+". Its length; 0: something else is in it, or it is too long. */
static size_t canonical(char out[DP_TEXT_LEN], const struct dp_ported_builder *b,
                        struct rt_str text)
{
    size_t before = b->country[0] ? strlen(b->country) + 1 : 0, n = before;
    bool plus = text.n > 0 && text.p[0] == '+', digits = true;

    for (size_t i = plus; i < text.n; i++) {
        char c = text.p[i];
        if (c < '0' || c > '9') {
            if (memchr("-.()", c, 4))
                continue;
            if (!isxdigit((unsigned char)c))
                return 0;
            digits = false;
            c = (char)toupper((unsigned char)c);
        }
        if (n + 2 >= DP_TEXT_LEN)
            return 0;
        out[n++] = c;
    }
    if (n == before)
        return 0;
    if (before > 0 && !plus && digits) {
        out[0] = '+';
        memcpy(out + 1, b->country, before - 1);
        return n;
    }
    memmove(out + plus, out + before, n - before);
    if (plus)
        out[0] = '+';
    return n - before + plus;
}

int dp_ported_builder_add(struct dp_ported_builder *b, struct rt_str number, struct rt_str routing,
                          const char **why)
{
    char n[DP_TEXT_LEN], r[DP_TEXT_LEN];
    size_t nlen = canonical(n, b, number), rlen = canonical(r, b, routing);
    bool plus = nlen > 0 && n[0] == '+';
    uint64_t value;
    uint32_t name;

    if (nlen == 0 || !dp_ported_split(&value, (struct rt_str){n + plus, nlen - plus})) {
        *why = "not an E.164 number";
        return EINVAL;
    }
    if (rlen == 0) {
        *why = "not a routing number";
        return EINVAL;
    }
    *why = "";
    int err = dp_ported_name(&name, &b->names, (struct rt_str){r, rlen});
    return err == 0 ? dp_ported_sorter_add(&b->sorter, value, name) : err;
}

/* ---- the table ---- */

static int write_held(struct dp_ported_builder *b)
{
    return b->holds ? dp_ported_write_row(&b->writer, b->held.number, b->held.routing) : 0;
}

/** The last row of a number is the one that counts. */
static int take(void *arg, uint64_t number, uint32_t routing)
{
    struct dp_ported_builder *b = arg;
    bool again = b->holds && b->held.number == number;
    int err = again ? 0 : write_held(b);

    b->duplicates += again;
    b->held = (struct ported_record){.number = number, .routing = routing};
    b->holds = true;
    return err;
}

int dp_ported_builder_finish(struct dp_ported_builder *b, struct dp_ported_report *out)
{
    int err = dp_ported_write_begin(&b->writer, b->file, b->names.n > PORTED_NARROW);

    if (err == 0)
        err = dp_ported_sorter_each(&b->sorter, take, b);
    if (err == 0)
        err = write_held(b);
    if (err == 0)
        err = dp_ported_write_end(&b->writer, &b->names);
    if (err == 0)
        err = rt_file_rename(b->temp, b->path);
    if (err != 0)
        return err;
    b->renamed = true;
    out->rows = b->writer.tail.rows;
    out->routings = b->names.n;
    out->duplicates = b->duplicates;
    out->bytes = b->writer.tail.size;
    return 0;
}

/* ---- from CSV ---- */

/** All rows; those that are none are counted by the reader. */
static int add_rows(struct dp_ported_builder *b, struct dp_rows *rows, char why[DP_PORTED_WHY])
{
    const struct dp_row *row;
    const char *reason;
    int err;

    while ((err = dp_rows_next(rows, &row)) == 0) {
        err = dp_ported_builder_add(b, row->field[0], row->field[1], &reason);
        if (err == EINVAL)
            dp_rows_reject(rows, row, reason);
        else if (err != 0)
            break;
    }
    if (err == ENODATA)
        return 0;
    snprintf(why, DP_PORTED_WHY, "%s", strerror(err));
    return err;
}

static int build(struct dp_ported_builder *b, struct dp_rows *rows, uint64_t max_bad,
                 struct dp_ported_report *out, char why[DP_PORTED_WHY])
{
    int err = add_rows(b, rows, why);

    out->bad = dp_rows_bad(rows);
    snprintf(out->first_bad, sizeof out->first_bad, "%s", dp_rows_first_bad(rows));
    if (err != 0)
        return err;
    if (out->bad > max_bad) {
        snprintf(why, DP_PORTED_WHY, "%llu bad rows: %.100s", (unsigned long long)out->bad,
                 out->first_bad);
        return EINVAL;
    }
    err = dp_ported_builder_finish(b, out);
    if (err != 0)
        snprintf(why, DP_PORTED_WHY, "%s", strerror(err));
    return err;
}

int dp_ported_build(const char *csv, const char *path, const struct dp_ported_rules *rules,
                    struct dp_ported_report *out, char why[DP_PORTED_WHY])
{
    static const char *const fields[] = {"number", "routing", NULL};
    struct dp_rows_config cfg = {.path = csv, .fields = fields};
    struct dp_ported_builder *b = NULL;
    struct dp_rows *rows = NULL;
    char reason[DP_ROWS_WHY];

    memset(out, 0, sizeof *out);
    why[0] = '\0';
    int err = dp_rows_open(&rows, &cfg, reason);
    if (err == EINVAL) { /* no header line */
        cfg.columns = "number, routing";
        err = dp_rows_open(&rows, &cfg, reason);
    }
    if (err != 0) {
        snprintf(why, DP_PORTED_WHY, "%.*s", DP_PORTED_WHY - 1, reason);
        return err;
    }
    err = dp_ported_builder_new(&b, path, rules);
    if (err != 0)
        snprintf(why, DP_PORTED_WHY, "%s", strerror(err));
    else
        err = build(b, rows, rules ? rules->max_bad : 0, out, why);
    dp_rows_close(rows);
    dp_ported_builder_free(b);
    return err;
}
