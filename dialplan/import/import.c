/* The entrance: chooses the reader of a format, and what all readers use: memory, text, the
 * report. */
#include "dialplan/import/import_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct dp_im_memory {
    struct dp_im_memory *next;
    max_align_t data[];
};

static const char *const names[] = {"asterisk", "cisco", "freeswitch", "audiocodes", NULL};
static void (*const readers[])(struct dp_im *im) = {dp_im_asterisk, dp_im_cisco, dp_im_freeswitch,
                                                    dp_im_audiocodes};

const char *const *dp_import_formats(void)
{
    return names;
}

/* ---- memory ---- */

void *dp_im_alloc(struct dp_im *im, size_t n)
{
    struct dp_im_memory *m = calloc(1, sizeof *m + n);

    if (!m) {
        im->failed = true;
        return NULL;
    }
    m->next = im->memory;
    im->memory = m;
    return m->data;
}

const char *dp_im_keep(struct dp_im *im, struct rt_str s)
{
    char *copy = dp_im_alloc(im, s.n + 1);

    if (!copy)
        return "";
    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    return copy;
}

const char *dp_im_plain(struct dp_im *im, struct rt_str s)
{
    char *copy = dp_im_alloc(im, s.n + 1);

    for (size_t i = 0; copy && i < s.n; i++)
        copy[i] = s.p[i] >= ' ' && s.p[i] < 0x7f ? s.p[i] : '?';
    return copy ? copy : "";
}

const char *dp_im_print(struct dp_im *im, const char *fmt, ...)
{
    struct rt_buf b = {0};
    va_list ap;

    va_start(ap, fmt);
    rt_buf_vprintf(&b, fmt, ap);
    va_end(ap);
    im->failed |= b.failed;
    const char *kept = dp_im_keep(im, rt_buf_str(&b));
    rt_buf_release(&b);
    return kept;
}

static void release(struct dp_im *im)
{
    for (struct dp_im_routes *r = im->routes; r; r = r->next) {
        for (size_t i = 0; i < r->nrows; i++)
            dp_pattern_free(r->row[i]->pattern);
        free(r->row);
    }
    while (im->memory) {
        struct dp_im_memory *next = im->memory->next;
        free(im->memory);
        im->memory = next;
    }
    rt_buf_release(&im->extra);
}

/* ---- the report ---- */

/** What a file brought along may not reach a terminal as it is. */
static void make_printable(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
}

void dp_im_report(struct dp_im *im, struct dp_im_pos pos, const char *fmt, ...)
{
    struct rt_buf *b = &im->out->report;
    va_list ap;

    if (im->out->dropped++ >= DP_IM_REPORTS) {
        if (im->out->dropped == DP_IM_REPORTS + 1)
            rt_buf_puts(b, "more could not be carried over than is told here\n");
        return;
    }
    size_t start = b->n;
    rt_buf_printf(b, "%s:%u: ", pos.file, pos.line);
    va_start(ap, fmt);
    rt_buf_vprintf(b, fmt, ap);
    va_end(ap);
    if (!b->failed && b->p)
        make_printable(b->p + start, b->n - start);
    rt_buf_puts(b, "\n");
}

/* ---- text ---- */

struct dp_im_lines dp_im_lines(const struct dp_import_source *s)
{
    return (struct dp_im_lines){s->text, {s->name, 0}};
}

bool dp_im_line(struct dp_im_lines *l, struct rt_str *out)
{
    if (l->rest.n == 0)
        return false;
    *out = rt_str_cut(&l->rest, '\n');
    if (out->n > 0 && out->p[out->n - 1] == '\r')
        out->n--;
    l->pos.line++;
    return true;
}

struct rt_str dp_im_word(struct rt_str *s)
{
    size_t n = 0;

    *s = rt_str_trim(*s);
    while (n < s->n && !rt_is_blank(s->p[n]))
        n++;
    struct rt_str word = {n > 0 ? s->p : "", n};
    s->p = s->n > 0 ? s->p + n : "";
    s->n -= n;
    *s = rt_str_trim(*s);
    return word;
}

struct rt_str dp_im_field(struct rt_str *s, char c)
{
    unsigned depth = 0;
    bool quoted = false;
    size_t n = 0;

    for (; n < s->n; n++) {
        char ch = s->p[n];
        if (ch == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (ch == c && depth == 0)
            break;
        else if (ch == '(' || ch == '[' || ch == '{')
            depth++;
        else if ((ch == ')' || ch == ']' || ch == '}') && depth > 0)
            depth--;
    }
    struct rt_str field = {s->n > 0 ? s->p : "", n};
    n += n < s->n;
    s->p = s->n > 0 ? s->p + n : "";
    s->n -= n;
    return rt_str_trim(field);
}

bool dp_im_starts(struct rt_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && strncasecmp(s.p, prefix, n) == 0;
}

bool dp_im_digits(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

bool dp_im_dialable(struct rt_str s)
{
    if (s.n > 1 && s.p[0] == '+')
        return s.n <= 31 && dp_im_digits((struct rt_str){s.p + 1, s.n - 1});
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("0123456789*#", s.p[i]) || s.p[i] == '\0')
            return false;
    return s.n > 0 && s.n <= 30;
}

unsigned dp_im_number(struct rt_str s, unsigned max)
{
    uint64_t v;
    return rt_str_u64(&v, rt_str_trim(s), max) == 0 ? (unsigned)v : 0;
}

/* ---- the entrance ---- */

/** "de", "de area 30": words that may stand in a plan. */
static bool is_dialling(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789 ");
    return n > 0 && n < 64 && text[n] == '\0';
}

int dp_import(struct dp_import *out, const char *format, const struct dp_import_source *sources,
              size_t n, const char *dialling)
{
    struct dp_im im = {.out = out, .source = sources, .nsources = n, .dialling = dialling};
    size_t octets = 0, which = 0;

    while (names[which] && strcmp(names[which], format) != 0)
        which++;
    if (!names[which] || (dialling && !is_dialling(dialling)))
        return EINVAL;
    for (size_t i = 0; i < n; i++) {
        octets += sources[i].text.n;
        for (const char *c = sources[i].name; *c; c++)
            if ((unsigned char)*c < ' ' || *c == 0x7f)
                return EINVAL; /* it would end a comment in the plan */
    }
    if (octets > DP_IMPORT_MAX)
        return EFBIG;
    im.format = names[which];
    readers[which](&im);
    dp_im_write(&im);
    bool failed = im.failed || out->plan.failed || out->report.failed || im.extra.failed;
    release(&im);
    return failed ? ENOMEM : 0;
}

void dp_import_release(struct dp_import *i)
{
    while (i->tables) {
        struct dp_import_table *next = i->tables->next;
        rt_buf_release(&i->tables->text);
        free(i->tables->name);
        free(i->tables);
        i->tables = next;
    }
    rt_buf_release(&i->plan);
    rt_buf_release(&i->report);
}
