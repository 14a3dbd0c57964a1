/* The tables of FreeSWITCH's mod_lcr as files: CSV with a header, or the INSERT statements of an
 * SQL dump. Columns are found by their names; a dump without names has the order of CREATE TABLE,
 * or else of mod_lcr's documentation.
 */
#include "dialplan/import/freeswitch_priv.h"

#define COLUMNS_MAX 64

static const char *const columns[FS_COLUMNS] = {
    [FS_ID] = "id",
    [FS_DIGITS] = "digits",
    [FS_RATE] = "rate",
    [FS_CARRIER] = "carrier_id",
    [FS_LEAD_STRIP] = "lead_strip",
    [FS_TRAIL_STRIP] = "trail_strip",
    [FS_PREFIX] = "prefix",
    [FS_SUFFIX] = "suffix",
    [FS_PROFILE] = "lcr_profile",
    [FS_START] = "date_start",
    [FS_END] = "date_end",
    [FS_QUALITY] = "quality",
    [FS_RELIABILITY] = "reliability",
    [FS_ENABLED] = "enabled",
    [FS_NAME] = "carrier_name",
};

static const char *const tables[FS_TABLES] = {"lcr", "carriers", "carrier_gateway"};

/** mod_lcr's documented tables, where the file does not name their columns. */
static const char *const documented[FS_TABLES] = {
    ("id,digits,rate,intrastate_rate,intralata_rate,carrier_id,lead_strip,trail_strip,prefix,"
     "suffix,"
     "lcr_profile,date_start,date_end,quality,reliability,cid,enabled,lrn"),
    "id,carrier_name,enabled",
    "id,carrier_id,prefix,suffix,codec,enabled",
};

/** Which column of ours each column of the file is; FS_COLUMNS: none. */
struct layout {
    enum fs_column column[COLUMNS_MAX];
    unsigned n;
};

struct reader {
    struct dp_im *im;
    void (*fn)(void *arg, const struct fs_row *row);
    void *arg;
    bool tell;
    struct rt_str rest;
    struct dp_im_pos pos;
    struct layout layout[FS_TABLES];
};

/** Without quotes of SQL or CSV around it; NULL is nothing. */
static struct rt_str unquote(struct rt_str s)
{
    s = rt_str_trim(s);
    if (s.n >= 2 && strchr("\"'`", s.p[0]) && s.p[s.n - 1] == s.p[0])
        return rt_str_trim((struct rt_str){s.p + 1, s.n - 2});
    return rt_str_caseeq(s, "null") ? (struct rt_str){s.p, 0} : s;
}

static void add_column(struct layout *l, struct rt_str name)
{
    unsigned c = 0;

    if (l->n == COLUMNS_MAX)
        return;
    while (c < FS_COLUMNS && !rt_str_caseeq(name, columns[c]))
        c++;
    l->column[l->n++] = (enum fs_column)c;
}

static void read_layout(struct layout *l, struct rt_str list, char separator)
{
    l->n = 0;
    while (list.n > 0)
        add_column(l, unquote(rt_str_cut(&list, separator)));
}

static bool has(const struct layout *l, enum fs_column c)
{
    for (unsigned i = 0; i < l->n; i++)
        if (l->column[i] == c)
            return true;
    return false;
}

static void set(struct fs_row *row, const struct layout *l, unsigned i, struct rt_str value)
{
    if (i < l->n && l->column[i] < FS_COLUMNS)
        row->v[l->column[i]] = unquote(value);
}

/* ---- CSV ---- */

/** Takes a cell off the front. */
static struct rt_str cell(struct rt_str *s, char separator)
{
    bool quoted = false;
    size_t n = 0;

    for (; n < s->n; n++) {
        if (s->p[n] == '"')
            quoted = !quoted;
        else if (s->p[n] == separator && !quoted)
            break;
    }
    struct rt_str out = {s->p, n};
    n += n < s->n;
    s->p += n;
    s->n -= n;
    return out;
}

/** Which table a header belongs to; FS_TABLES: to none. */
static enum fs_table table_of(const struct layout *l)
{
    if (has(l, FS_DIGITS) && has(l, FS_RATE))
        return FS_LCR;
    if (has(l, FS_NAME))
        return FS_CARRIERS;
    return has(l, FS_CARRIER) && has(l, FS_PREFIX) ? FS_GATEWAYS : FS_TABLES;
}

static void read_csv(struct reader *r, const struct dp_import_source *s)
{
    struct dp_im_lines l = dp_im_lines(s);
    struct layout layout = {.n = 0};
    struct rt_str line;
    char separator = ',';

    if (!dp_im_line(&l, &line))
        return;
    if (line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
        line.p += 3;
        line.n -= 3;
    }
    if (!memchr(line.p ? line.p : "", ',', line.n))
        separator = memchr(line.p ? line.p : "", ';', line.n) ? ';' : '\t';
    read_layout(&layout, line, separator);
    struct fs_row row = {.table = table_of(&layout)};
    if (row.table == FS_TABLES) {
        if (r->tell)
            dp_im_report(r->im, l.pos, "header: is of no table of mod_lcr");
        return;
    }
    while (dp_im_line(&l, &line)) {
        line = rt_str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        memset(row.v, 0, sizeof row.v);
        for (unsigned i = 0; line.n > 0; i++)
            set(&row, &layout, i, cell(&line, separator));
        row.pos = l.pos;
        r->fn(r->arg, &row);
    }
}

/* ---- SQL ---- */

/** Takes the next sign, word or quoted text off the front; empty: the end. */
static struct rt_str token(struct reader *r)
{
    struct rt_str *s = &r->rest;
    size_t n = 0;

    for (; s->n > 0 && rt_is_blank(s->p[0]); s->p++, s->n--)
        r->pos.line += s->p[0] == '\n';
    if (s->n == 0)
        return (struct rt_str){"", 0};
    char q = s->p[0];
    if (q == '\'' || q == '"' || q == '`') {
        for (n = 1; n < s->n; n++) {
            if (s->p[n] == '\\' && n + 1 < s->n)
                n++;
            else if (s->p[n] == q && n + 1 < s->n && s->p[n + 1] == q)
                n++;
            else if (s->p[n] == q)
                break;
            r->pos.line += s->p[n] == '\n';
        }
        n += n < s->n;
    } else if (strchr("(),;", q)) {
        n = 1;
    } else {
        while (n < s->n && !rt_is_blank(s->p[n]) && !strchr("(),;'\"`", s->p[n]))
            n++;
        n += n == 0; /* NUL ends strchr's text: a word of its own */
    }
    struct rt_str t = {s->p, n};
    s->p += n;
    s->n -= n;
    return t;
}

/** `public.lcr`, "`lcr`"; FS_TABLES: none of ours. */
static enum fs_table table_named(struct rt_str name)
{
    struct rt_str last = name, part;
    unsigned t = 0;

    while (last.n > 0) {
        part = rt_str_cut(&last, '.');
        name = part;
    }
    name = unquote(name);
    while (t < FS_TABLES && !rt_str_caseeq(name, tables[t]))
        t++;
    return (enum fs_table)t;
}

/** After `(`: the names up to the matching `)`, each the first word after `(` or `,`. */
static void read_names(struct reader *r, struct layout *l)
{
    static const char *const no_names[] = {"primary", "key",     "unique", "constraint",
                                           "index",   "foreign", NULL};
    unsigned depth = 1;
    bool first = true;

    l->n = 0;
    while (depth > 0) {
        struct rt_str t = token(r);
        if (t.n == 0)
            return;
        if (first && depth == 1) {
            bool name = true;
            for (size_t i = 0; no_names[i]; i++)
                name &= !rt_str_caseeq(t, no_names[i]);
            if (name)
                add_column(l, unquote(t));
        }
        depth += rt_str_eq(t, "(");
        depth -= rt_str_eq(t, ")");
        first = depth == 1 && rt_str_eq(t, ",");
    }
}

/** After `(`: one row. */
static void read_values(struct reader *r, enum fs_table table, const struct layout *l)
{
    struct fs_row row = {.table = table, .pos = r->pos};
    unsigned depth = 1, i = 0;
    struct rt_str value = {"", 0};

    while (depth > 0) {
        struct rt_str t = token(r);
        if (t.n == 0)
            return;
        depth += rt_str_eq(t, "(");
        depth -= rt_str_eq(t, ")");
        if (depth == 0 || (depth == 1 && rt_str_eq(t, ","))) {
            set(&row, l, i++, value);
            value.n = 0;
        } else if (value.n == 0) {
            value = t;
        }
    }
    r->fn(r->arg, &row);
}

/** After INSERT: `INTO table (names) VALUES (...), (...);` */
static void read_insert(struct reader *r)
{
    struct rt_str t = token(r);

    while (rt_str_caseeq(t, "ignore") || rt_str_caseeq(t, "into"))
        t = token(r);
    enum fs_table table = table_named(t);
    struct layout unknown = {.n = 0}, own, *l = &unknown;
    if (table < FS_TABLES) {
        own = r->layout[table];
        l = &own;
    }
    t = token(r);
    if (rt_str_eq(t, "(")) {
        read_names(r, l);
        t = token(r);
    }
    while (t.n > 0 && !rt_str_eq(t, ";")) {
        if (rt_str_eq(t, "(") && table < FS_TABLES)
            read_values(r, table, l);
        t = token(r);
    }
}

/** After CREATE: `TABLE [IF NOT EXISTS] table (...)` */
static void read_create(struct reader *r)
{
    struct rt_str t = token(r);

    if (!rt_str_caseeq(t, "table"))
        return;
    t = token(r);
    while (rt_str_caseeq(t, "if") || rt_str_caseeq(t, "not") || rt_str_caseeq(t, "exists"))
        t = token(r);
    enum fs_table table = table_named(t);
    if (table < FS_TABLES && rt_str_eq(token(r), "("))
        read_names(r, &r->layout[table]);
}

/** Passes a comment over that begins with `t`. */
static bool comment(struct reader *r, struct rt_str t)
{
    const char *close = NULL;

    if (t.n >= 2 && memcmp(t.p, "--", 2) == 0)
        close = memchr(r->rest.p, '\n', r->rest.n);
    else if (t.n >= 2 && memcmp(t.p, "/*", 2) == 0)
        close = t.n >= 4 && memcmp(t.p + t.n - 2, "*/", 2) == 0
                    ? r->rest.p
                    : memmem(r->rest.p, r->rest.n, "*/", 2);
    else
        return false;
    if (!close)
        close = r->rest.p + r->rest.n;
    for (; r->rest.p < close; r->rest.p++, r->rest.n--)
        r->pos.line += r->rest.p[0] == '\n';
    return true;
}

static void read_sql(struct reader *r)
{
    struct rt_str t;

    for (unsigned i = 0; i < FS_TABLES; i++)
        read_layout(&r->layout[i], rt_str(documented[i]), ',');
    while ((t = token(r)).n > 0) {
        if (comment(r, t))
            continue;
        if (rt_str_caseeq(t, "insert"))
            read_insert(r);
        else if (rt_str_caseeq(t, "create"))
            read_create(r);
        else if (rt_str_caseeq(t, "copy") && r->tell)
            dp_im_report(r->im, r->pos, "COPY: dump the table with INSERT statements, or as CSV");
    }
}

void dp_im_fs_rows(struct dp_im *im, const struct dp_import_source *s, bool tell,
                   void (*fn)(void *arg, const struct fs_row *row), void *arg)
{
    struct reader r = {
        .im = im, .fn = fn, .arg = arg, .tell = tell, .rest = s->text, .pos = {s->name, 1}};
    struct dp_im_lines l = dp_im_lines(s);
    struct rt_str line;
    bool header = dp_im_line(&l, &line) && !memmem(line.p ? line.p : "", line.n, " ", 1) &&
                  !dp_im_starts(line, "--");

    if (header)
        read_csv(&r, s);
    else
        read_sql(&r);
}
