/* A table: which kind it is, its columns, and what becomes of bad rows. */
#include "dialplan/rows.h"

#include "dialplan/rows_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PENDING (64 * 1024)

int dp_rows_open(struct dp_rows **out, const struct dp_rows_config *cfg, char why[DP_ROWS_WHY])
{
    const char *file = cfg->path;
    struct dp_rows *r = calloc(1, sizeof *r);
    int err = ENOMEM;

    why[0] = '\0';
    if (!r)
        return ENOMEM;
    r->path = cfg->path;
    for (unsigned i = 0; i < DP_ROW_FIELDS; i++)
        r->row.field[i] = rt_str("");
    if (!cfg->rejects || (r->rejects = rt_str_dup(rt_str(cfg->rejects))) != NULL)
        err = dp_database_path(cfg->path, &file) ? dp_database_open(r, cfg, file, why)
                                                 : dp_text_open(r, cfg, why);
    if (err != 0) {
        free(r->rejects);
        r->rejects = NULL; /* what an earlier load said of the file is still true */
        dp_rows_close(r);
        if (why[0] == '\0')
            snprintf(why, DP_ROWS_WHY, "%s", strerror(err));
        return err;
    }
    if (r->rejects)
        rt_file_remove(r->rejects);
    *out = r;
    return 0;
}

bool dp_rows_has(const struct dp_rows *r, unsigned i)
{
    return i < DP_ROW_FIELDS && (r->columns.has & 1u << i) != 0;
}

int dp_rows_next(struct dp_rows *r, const struct dp_row **out)
{
    int err = r->text ? dp_text_next(r) : dp_database_next(r);

    if (err == 0)
        *out = &r->row;
    return err;
}

static void flush(struct dp_rows *r)
{
    if (r->out && r->pending.n > 0)
        rt_append_write(r->out, r->pending.p, r->pending.n);
    rt_buf_reset(&r->pending);
}

/** Bad rows are told as well as can be: a folder that cannot be written keeps no table from use. */
static void write_reject(struct dp_rows *r, const struct dp_row *row, const char *reason)
{
    if (r->bad == 1 && rt_append_open(&r->out, r->rejects, 0640) != 0)
        r->out = NULL;
    if (!r->out || r->bad > DP_ROWS_REJECTS)
        return;
    rt_buf_put(&r->pending, row->text.p, row->text.n);
    rt_buf_printf(&r->pending, "\t# line %llu: %s\n", (unsigned long long)row->line, reason);
    if (r->bad == DP_ROWS_REJECTS)
        rt_buf_puts(&r->pending, "# bad rows after this one are not listed\n");
    if (r->pending.n >= PENDING)
        flush(r);
}

void dp_rows_reject(struct dp_rows *r, const struct dp_row *row, const char *reason)
{
    r->bad++;
    if (r->bad == 1)
        snprintf(r->first_bad, sizeof r->first_bad, "line %llu: %s", (unsigned long long)row->line,
                 reason);
    if (r->rejects)
        write_reject(r, row, reason);
}

uint64_t dp_rows_bad(const struct dp_rows *r)
{
    return r->bad;
}

const char *dp_rows_first_bad(const struct dp_rows *r)
{
    return r->first_bad;
}

void dp_rows_close(struct dp_rows *r)
{
    if (!r)
        return;
    flush(r);
    rt_append_close(r->out);
    rt_buf_release(&r->pending);
    dp_text_close(r->text);
    dp_database_close(r->database);
    free(r->rejects);
    free(r);
}
