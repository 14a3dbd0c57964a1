/* Numbers in order, however many: runs are sorted in memory by radix, and what does not fit goes to
 * a file run by run and is merged. Input that is in order already is not sorted at all.
 */
#include "dialplan/ported_priv.h"

#include <errno.h>
#include <stdlib.h>

#define DIGIT_BITS 10 /* of the radix: five digits hold 15 decimal ones */
#define DIGITS     5
#define BUCKETS    (1u << DIGIT_BITS)
#define READ_MIN   4096 /* records read at a time, at least */

static unsigned digit(uint64_t number, unsigned d)
{
    return number >> (DIGIT_BITS * d) & (BUCKETS - 1);
}

/** Stable: of equal numbers the later row stays behind. */
static int sort_run(struct ported_sorter *s)
{
    if (!s->unsorted)
        return 0;
    free(s->scratch); /* it may be of a smaller run */
    s->scratch = malloc(s->cap * sizeof *s->scratch);
    size_t(*count)[BUCKETS] = calloc(DIGITS, sizeof *count);
    if (!s->scratch || !count) {
        free(count);
        return ENOMEM;
    }
    for (size_t i = 0; i < s->n; i++)
        for (unsigned d = 0; d < DIGITS; d++)
            count[d][digit(s->rec[i].number, d)]++;
    for (unsigned d = 0; d < DIGITS; d++) {
        if (count[d][digit(s->rec[0].number, d)] == s->n)
            continue; /* all the same */
        size_t at = 0;
        for (unsigned b = 0; b < BUCKETS; b++) {
            size_t here = count[d][b];
            count[d][b] = at;
            at += here;
        }
        for (size_t i = 0; i < s->n; i++)
            s->scratch[count[d][digit(s->rec[i].number, d)]++] = s->rec[i];
        struct ported_record *sorted = s->scratch;
        s->scratch = s->rec;
        s->rec = sorted;
    }
    free(count);
    s->unsorted = false;
    return 0;
}

/** Puts the run that is in memory into the file. */
static int spill(struct ported_sorter *s)
{
    int err = sort_run(s);

    if (err == 0 && !s->file)
        err = rt_file_create(&s->file, s->path, 0600);
    if (err == 0)
        err = rt_file_write_at(s->file, s->written * sizeof *s->rec, s->rec, s->n * sizeof *s->rec);
    uint64_t *run = err == 0 ? realloc(s->run, (s->nruns + 1) * sizeof *run) : NULL;
    if (err == 0 && !run)
        err = ENOMEM;
    if (err != 0)
        return err;
    s->run = run;
    s->run[s->nruns++] = s->n;
    s->written += s->n;
    s->n = 0;
    return 0;
}

int dp_ported_sorter_init(struct ported_sorter *s, const char *path, size_t max)
{
    memset(s, 0, sizeof *s);
    s->max = max > 2 * READ_MIN ? max : 2 * READ_MIN;
    s->path = rt_str_dup(rt_str(path));
    return s->path ? 0 : ENOMEM;
}

void dp_ported_sorter_release(struct ported_sorter *s)
{
    if (s->file) {
        rt_file_close(s->file);
        rt_file_remove(s->path);
    }
    free(s->rec);
    free(s->scratch);
    free(s->run);
    free(s->path);
}

int dp_ported_sorter_add(struct ported_sorter *s, uint64_t number, uint32_t routing)
{
    if (s->n == s->max) {
        int err = spill(s);
        if (err != 0)
            return err;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap > 0 ? 2 * s->cap : 1024;
        cap = cap < s->max ? cap : s->max;
        struct ported_record *rec = realloc(s->rec, cap * sizeof *rec);
        if (!rec)
            return ENOMEM;
        s->rec = rec;
        s->cap = cap;
    }
    if (s->n > 0 && number < s->rec[s->n - 1].number)
        s->unsorted = true;
    s->rec[s->n++] = (struct ported_record){.number = number, .routing = routing};
    return 0;
}

/* ---- merging ---- */

/** A run being read. */
struct source {
    struct ported_record *rec;
    size_t i, n;
    uint64_t at, left; /**< records in the file that are not read yet */
};

struct merge {
    struct ported_sorter *s;
    struct source *source;
    size_t *heap, n; /**< of sources that have a record; the least on top */
    size_t room;     /**< records of each source in memory */
};

/** Reads on; `n` 0: there is no more. */
static int refill(struct merge *m, struct source *src)
{
    size_t want = src->left < m->room ? (size_t)src->left : m->room, got;

    src->i = src->n = 0;
    int err = want > 0 ? rt_file_read_at(m->s->file, src->at * sizeof *src->rec, src->rec,
                                         want * sizeof *src->rec, &got)
                       : 0;
    if (err == 0 && want > 0 && got != want * sizeof *src->rec)
        err = EIO;
    if (err != 0)
        return err;
    src->n = want;
    src->at += want;
    src->left -= want;
    return 0;
}

/** Of equal numbers the run that came first goes first. */
static bool before(const struct merge *m, size_t a, size_t b)
{
    uint64_t x = m->source[a].rec[m->source[a].i].number;
    uint64_t y = m->source[b].rec[m->source[b].i].number;

    return x < y || (x == y && a < b);
}

static void sift(struct merge *m, size_t i)
{
    for (;;) {
        size_t least = i, left = 2 * i + 1;
        if (left < m->n && before(m, m->heap[left], m->heap[least]))
            least = left;
        if (left + 1 < m->n && before(m, m->heap[left + 1], m->heap[least]))
            least = left + 1;
        if (least == i)
            return;
        size_t other = m->heap[i];
        m->heap[i] = m->heap[least];
        m->heap[least] = other;
        i = least;
    }
}

/** The next record of the source on top; a source without any leaves the heap. */
static int advance(struct merge *m)
{
    struct source *src = &m->source[m->heap[0]];
    int err = 0;

    if (++src->i == src->n)
        err = refill(m, src);
    if (err == 0 && src->n == 0)
        m->heap[0] = m->heap[--m->n];
    if (err == 0)
        sift(m, 0);
    return err;
}

static int open_sources(struct merge *m)
{
    uint64_t at = 0;

    for (size_t i = 0; i < m->s->nruns; i++) {
        struct source *src = &m->source[i];
        *src = (struct source){.rec = m->s->rec + i * m->room, .at = at, .left = m->s->run[i]};
        at += m->s->run[i];
        int err = refill(m, src);
        if (err != 0)
            return err;
        m->heap[m->n++] = i;
    }
    for (size_t i = m->n / 2; i-- > 0;)
        sift(m, i);
    return 0;
}

static int merge(struct ported_sorter *s, int (*fn)(void *arg, uint64_t number, uint32_t routing),
                 void *arg)
{
    struct merge m = {.s = s, .room = s->cap / s->nruns};

    if (m.room == 0)
        return EFBIG; /* more runs than records fit in memory */
    m.source = calloc(s->nruns, sizeof *m.source);
    m.heap = calloc(s->nruns, sizeof *m.heap);
    int err = m.source && m.heap ? open_sources(&m) : ENOMEM;
    while (err == 0 && m.n > 0) {
        const struct source *src = &m.source[m.heap[0]];
        err = fn(arg, src->rec[src->i].number, src->rec[src->i].routing);
        if (err == 0)
            err = advance(&m);
    }
    free(m.source);
    free(m.heap);
    return err;
}

int dp_ported_sorter_each(struct ported_sorter *s,
                          int (*fn)(void *arg, uint64_t number, uint32_t routing), void *arg)
{
    int err = s->nruns > 0 && s->n > 0 ? spill(s) : sort_run(s);

    free(s->scratch);
    s->scratch = NULL;
    if (err == 0 && s->nruns > 0)
        return merge(s, fn, arg);
    for (size_t i = 0; err == 0 && i < s->n; i++)
        err = fn(arg, s->rec[i].number, s->rec[i].routing);
    return err;
}
