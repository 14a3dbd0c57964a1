/* Rows of text, cut where they lie in the block that was read. A row without quotes is one pass
 * over its octets; quotes take the slow way, where a doubled quote needs a copy.
 */
#include "dialplan/rows_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK (256 * 1024)

struct dp_text {
    struct dp_source *source;
    char *buf;       /* BLOCK + DP_ROW_LEN octets and a line feed as guard */
    char *pos, *end; /* what is still to be cut */
    bool eof;
    char separator;
    bool stop[256]; /* octets that end a run: separator, line feed, quote */
    uint64_t line;  /* of the row at `pos` */
    char *scratch;  /* as long as `buf`, for cells with doubled quotes */
    bool quoted;    /* the row just cut has quotes */
};

/** How the cutting of a row went. */
enum cut { CUT_ROW, CUT_SHORT, CUT_OPEN };

/** Moves the rest to the front and reads on. */
static int refill(struct dp_text *t)
{
    size_t rest = (size_t)(t->end - t->pos), got = 0;

    memmove(t->buf, t->pos, rest);
    t->pos = t->buf;
    int err = dp_source_read(t->source, t->buf + rest, BLOCK + DP_ROW_LEN - rest, &got);
    if (err != 0)
        got = 0;
    t->end = t->buf + rest + got;
    *t->end = '\n';
    t->eof = got == 0;
    return err;
}

static void put_cell(struct dp_rows *r, unsigned column, const char *p, const char *end)
{
    int field = column < DP_ROW_COLUMNS ? r->columns.field[column] : -1;

    if (field < 0)
        return;
    while (p < end && (unsigned char)*p <= ' ')
        p++;
    while (end > p && (unsigned char)end[-1] <= ' ')
        end--;
    r->row.field[field] = (struct rt_str){p, (size_t)(end - p)};
}

/** A cell in quotes, `p` behind the first. Its content goes to the scratch room only when a quote
 * is doubled. Returns what follows the closing quote, or NULL: it is not closed in the block. */
static const char *cut_quoted(const struct dp_text *t, const char *p, char **scratch,
                              struct rt_str *out)
{
    const char *start = p;
    char *copy = NULL, *to = NULL;

    for (; p < t->end; p++) {
        if (*p == '"' && p[1] != '"')
            break;
        if (*p == '"' && !copy) {
            copy = to = *scratch;
            memcpy(to, start, (size_t)(p - start));
            to += p - start;
        }
        if (*p == '"')
            p++;
        if (to)
            *to++ = *p;
        if (p - start > DP_ROW_LEN - 2)
            return NULL;
    }
    if (p >= t->end)
        return NULL;
    *out = copy ? (struct rt_str){copy, (size_t)(to - copy)}
                : (struct rt_str){start, (size_t)(p - start)};
    if (copy)
        *scratch = to;
    return p + 1;
}

/** Cuts the row at `pos`; `*next` is behind its line feed, `*columns` how many it has. */
static enum cut cut_row(struct dp_rows *r, struct dp_text *t, const char **next, unsigned *columns)
{
    const char *p = t->pos, *cell = p;
    char *scratch = t->scratch;
    struct rt_str quoted;
    unsigned column = 0;

    t->quoted = false;
    for (;; p++) {
        while (!t->stop[(unsigned char)*p])
            p++;
        if (*p == '"') {
            if (p != cell)
                continue; /* in the middle of a cell it stands for itself */
            t->quoted = true;
            p = cut_quoted(t, p + 1, &scratch, &quoted);
            if (!p)
                return CUT_OPEN;
            while (*p != '\n' && *p != t->separator)
                p++;
            put_cell(r, column++, quoted.p, quoted.p + quoted.n);
        } else {
            put_cell(r, column++, cell, p);
        }
        if (*p == '\n')
            break;
        cell = p + 1;
    }
    if (p == t->end && !t->eof)
        return CUT_SHORT;
    r->row.text = (struct rt_str){t->pos, (size_t)(p - t->pos)};
    *next = p < t->end ? p + 1 : p;
    *columns = column;
    return CUT_ROW;
}

/** Refuses the line at `pos` for itself and goes behind it, however long it is. */
static int skip_line(struct dp_rows *r, struct dp_text *t, const char *reason)
{
    size_t left = (size_t)(t->end - t->pos);
    char *feed = memchr(t->pos, '\n', left);
    size_t n = feed ? (size_t)(feed - t->pos) : left;

    r->row.line = t->line++;
    r->row.text = (struct rt_str){t->pos, n < 200 ? n : 200};
    dp_rows_reject(r, &r->row, reason);
    while (!feed && !t->eof) {
        t->pos = t->end;
        int err = refill(t);
        if (err != 0)
            return err;
        feed = memchr(t->pos, '\n', (size_t)(t->end - t->pos));
    }
    t->pos = feed ? feed + 1 : t->end;
    return 0;
}

static bool is_nothing(struct rt_str line)
{
    return line.n == 0 || line.p[0] == '#' ||
           ((unsigned char)line.p[0] <= ' ' && rt_str_trim(line).n == 0);
}

static uint64_t feeds(const char *p, const char *end)
{
    uint64_t n = 0;

    for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        n++;
    return n;
}

/** Whether more of the file would help with the row at `pos`. */
static bool can_grow(const struct dp_text *t)
{
    return !t->eof && t->end - t->pos < DP_ROW_LEN;
}

/** A row that is not whole in the block, or not closed. */
static int mend(struct dp_rows *r, struct dp_text *t, enum cut cut)
{
    if (can_grow(t))
        return refill(t);
    return skip_line(r, t, cut == CUT_OPEN ? "a quote is not closed" : "the row is too long");
}

/** Goes behind a comment. */
static int skip_comment(struct dp_text *t)
{
    char *feed;

    while ((feed = memchr(t->pos, '\n', (size_t)(t->end - t->pos))) == NULL && !t->eof) {
        t->pos = t->end;
        int err = refill(t);
        if (err != 0)
            return err;
    }
    t->pos = feed ? feed + 1 : t->end;
    t->line++;
    return 0;
}

static void refuse(struct dp_rows *r, unsigned columns)
{
    char reason[60] = "the row is too long";

    if (columns < r->columns.need)
        snprintf(reason, sizeof reason, "%u columns where %u are needed", columns, r->columns.need);
    r->row.text.n = r->row.text.n < DP_ROW_LEN ? r->row.text.n : 200;
    dp_rows_reject(r, &r->row, reason);
}

int dp_text_next(struct dp_rows *r)
{
    struct dp_text *t = r->text;
    const char *next;
    unsigned columns;
    int err = 0;

    while (err == 0) {
        if (t->pos == t->end) {
            err = t->eof ? ENODATA : refill(t);
            continue;
        }
        if (*t->pos == '#') {
            err = skip_comment(t);
            continue;
        }
        enum cut cut = cut_row(r, t, &next, &columns);
        if (cut != CUT_ROW) {
            err = mend(r, t, cut);
            continue;
        }
        r->row.line = t->line++;
        if (t->quoted)
            t->line += feeds(t->pos, t->pos + r->row.text.n);
        t->pos += next - t->pos;
        if (columns == 1 && is_nothing(r->row.text))
            continue;
        if (columns >= r->columns.need && r->row.text.n <= DP_ROW_LEN)
            return 0;
        refuse(r, columns);
    }
    return err;
}

/* ---- the first line ---- */

/** The separator that the line has most of, outside of quotes. */
static char guess_separator(struct rt_str line)
{
    static const char signs[] = "\t;,";
    unsigned count[3] = {0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < line.n; i++) {
        const char *sign = memchr(signs, line.p[i], 3);
        if (line.p[i] == '"')
            quoted = !quoted;
        else if (sign && !quoted)
            count[sign - signs]++;
    }
    for (unsigned i = 1; i < 3; i++)
        if (count[i] > count[best])
            best = i;
    return count[best] > 0 ? signs[best] : ',';
}

static unsigned split(struct rt_str line, char separator, struct rt_str cell[DP_ROW_COLUMNS])
{
    unsigned n = 0;

    for (size_t i = 0; n < DP_ROW_COLUMNS;) {
        size_t start = i;
        for (bool quoted = false; i < line.n && (quoted || line.p[i] != separator); i++)
            quoted ^= line.p[i] == '"';
        struct rt_str s = rt_str_trim((struct rt_str){line.p + start, i - start});
        if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
            s = rt_str_trim((struct rt_str){s.p + 1, s.n - 2});
        cell[n++] = s;
        if (i++ >= line.n)
            break;
    }
    return n;
}

/** Goes to the first line that is one; ENODATA: the file has none. */
static int first_line(struct dp_text *t, struct rt_str *out)
{
    for (;;) {
        char *feed = memchr(t->pos, '\n', (size_t)(t->end - t->pos));
        if (!feed && can_grow(t)) {
            int err = refill(t);
            if (err != 0)
                return err;
            continue;
        }
        *out = (struct rt_str){t->pos, (size_t)((feed ? feed : t->end) - t->pos)};
        if (!is_nothing(*out))
            return 0;
        t->pos = feed ? feed + 1 : t->end;
        t->line++;
        if (t->pos == t->end && t->eof)
            return ENODATA;
    }
}

static int read_start(struct dp_text *t, char why[DP_ROWS_WHY])
{
    int err = refill(t);

    if (err != 0) {
        snprintf(why, DP_ROWS_WHY, "the file is damaged or ends early");
        return err;
    }
    size_t n = (size_t)(t->end - t->pos);
    if (n >= 3 && memcmp(t->pos, "\xef\xbb\xbf", 3) == 0)
        t->pos += 3;
    if (n >= 2 && (memcmp(t->pos, "\xff\xfe", 2) == 0 || memcmp(t->pos, "\xfe\xff", 2) == 0)) {
        snprintf(why, DP_ROWS_WHY, "the file is UTF-16, not UTF-8");
        return EBADMSG;
    }
    return 0;
}

static int begin(struct dp_rows *r, struct dp_text *t, const struct dp_rows_config *cfg,
                 char why[DP_ROWS_WHY])
{
    struct rt_str line = {"", 0}, cell[DP_ROW_COLUMNS];
    bool header;
    int err = first_line(t, &line);

    if (err == ENODATA && (!cfg->columns || !*cfg->columns))
        return 0;
    if (err != 0 && err != ENODATA) {
        snprintf(why, DP_ROWS_WHY, "the file is damaged or ends early");
        return err;
    }
    t->separator = guess_separator(line);
    t->stop[(unsigned char)t->separator] = t->stop['\n'] = t->stop['"'] = true;
    unsigned n = err == 0 ? split(line, t->separator, cell) : 0;
    err = dp_columns_bind(&r->columns, &header, cfg, cell, n, why);
    if (err == 0 && header && n > 0) {
        t->pos += line.n + (t->pos + line.n < t->end);
        t->line++;
    }
    return err;
}

int dp_text_open(struct dp_rows *r, const struct dp_rows_config *cfg, char why[DP_ROWS_WHY])
{
    struct dp_text *t = r->text = calloc(1, sizeof *t);

    if (!t)
        return ENOMEM;
    t->buf = malloc(BLOCK + DP_ROW_LEN + 2);
    t->scratch = malloc(BLOCK + DP_ROW_LEN + 2);
    if (!t->buf || !t->scratch)
        return ENOMEM;
    t->pos = t->end = t->buf;
    t->line = 1;
    int err = dp_source_open(&t->source, cfg->path);
    if (err != 0) {
        snprintf(why, DP_ROWS_WHY, "%s", strerror(err));
        return err;
    }
    err = read_start(t, why);
    return err == 0 ? begin(r, t, cfg, why) : err;
}

void dp_text_close(struct dp_text *t)
{
    if (!t)
        return;
    dp_source_close(t->source);
    free(t->buf);
    free(t->scratch);
    free(t);
}
