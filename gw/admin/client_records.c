/* `tandem records`: calls of the past, read from the SQLite file by the client itself, so that no
 * daemon is needed and none waits for the disk.
 */
#include "gw/admin/control_priv.h"
#include "gw/cdr_priv.h"
#include "gw/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT_USUAL 100u
#define LIMIT_MAX   1000000u

struct asked {
    struct rt_buf query;
    unsigned limit;
    bool csv;
};

/** Where answers go. */
struct shown {
    struct gw_printer *printer;
    struct rt_buf text;
    bool csv;
};

static int usage(const char *why)
{
    fprintf(stderr, "tandem: %s; usage: tandem records [QUERY...] [--limit COUNT] [--csv]\n", why);
    return GW_EXIT_USAGE;
}

static int unknown(const char *option)
{
    char why[80];

    snprintf(why, sizeof why, "unknown option %.50s", option);
    return usage(why);
}

/** A word of the shell may have blanks: it stands for itself then. */
static void add_words(struct asked *a, const char *word)
{
    bool one = strchr(word, ' ') && !strchr(word, '"') && !strpbrk(word, ":<>");

    rt_buf_printf(&a->query, one ? "%s\"%s\"" : "%s%s", a->query.n > 0 ? " " : "", word);
}

static int take_words(struct asked *a, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        uint64_t limit = 0;
        if (strcmp(argv[i], "--csv") == 0) {
            a->csv = true;
        } else if (strcmp(argv[i], "--limit") == 0) {
            if (i + 1 == argc || rt_str_u64(&limit, rt_str(argv[++i]), LIMIT_MAX) != 0)
                return usage("--limit wants a number");
            a->limit = (unsigned)limit;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            return unknown(argv[i]);
        } else {
            add_words(a, argv[i]);
        }
    }
    return a->query.failed ? GW_EXIT_FAILED : GW_EXIT_OK;
}

/* ---- answers ---- */

/** The row of a record, its explanation too. */
static void put_csv(struct rt_buf *out, struct rt_str text)
{
    json_t *json = json_loadb(text.p, text.n, 0, NULL);
    const json_t *explain = json_object_get(json, "explain");
    char *object = json_is_object(explain) ? json_dumps(explain, JSON_COMPACT) : NULL;
    struct gw_cdr r;

    gw_cdr_read(&r, json);
    r.explain = object;
    gw_cdr_csv(out, &r);
    free(object);
    json_decref(json);
}

static void put_line(struct rt_buf *out, struct rt_str json)
{
    struct gw_answer a = {.out = out};

    gw_answer_begin(&a, "record");
    gw_answer_members(&a, json);
    gw_answer_end(&a);
}

static void on_record(void *arg, struct rt_str json)
{
    struct shown *s = arg;
    int code = 0;

    rt_buf_reset(&s->text);
    if (s->csv) {
        put_csv(&s->text, json);
        fwrite(s->text.p, 1, s->text.n, stdout);
        return;
    }
    put_line(&s->text, json);
    if (!s->text.failed)
        gw_printer_line(s->printer, (struct rt_str){s->text.p, s->text.n - 1}, &code);
}

/** How it went. */
static int close_answer(struct shown *s, const char *path, int found)
{
    struct gw_answer a = {.out = &s->text};
    int code = found < 0 ? GW_EXIT_FAILED : GW_EXIT_OK;

    rt_buf_reset(&s->text);
    if (found < 0)
        gw_answer_fail(&a, GW_EXIT_FAILED, "%.200s: %s", path,
                       found == -ETIMEDOUT ? "the search took more than 5 s; ask for less"
                       : found == -EBADMSG ? "these are no call records"
                                           : strerror(-found));
    else if (found == 0)
        snprintf(a.note, sizeof a.note, "no records match");
    if (s->csv) {
        if (a.error[0])
            fprintf(stderr, "tandem: %s\n", a.error);
        return code;
    }
    gw_answer_close(&a, code);
    gw_printer_line(s->printer, (struct rt_str){s->text.p, s->text.n - 1}, &code);
    return code;
}

static int search(const struct asked *a, const struct gw_record_query *q, const char *path,
                  bool json)
{
    struct shown s = {.printer = gw_printer_new(json), .csv = a->csv};
    struct gw_records *r = NULL;
    int code = GW_EXIT_FAILED;

    if (s.printer && gw_records_new(&r, path) == 0) {
        if (a->csv) {
            gw_cdr_csv_header(&s.text);
            fputs(rt_buf_str(&s.text).p, stdout);
        }
        code = close_answer(&s, path, gw_records_find(r, q, 0, a->limit, on_record, &s));
    }
    gw_records_free(r);
    gw_printer_free(s.printer);
    rt_buf_release(&s.text);
    return code;
}

/* ---- the file ---- */

/** Asks the daemon; NULL: said why not, `*code`. */
static char *ask_path(const char *socket, int *code)
{
    char verb[] = "records", path[] = "path", *argv[] = {verb, path}, *found = NULL;
    struct rt_buf text = {0};

    *code = gw_client_collect(socket, 2, argv, &text);
    struct rt_str rest = rt_buf_str(&text);
    while (rest.n > 0 && !found) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        json_t *json = json_loadb(line.p, line.n, 0, NULL);
        const char *where = json_string_value(json_object_get(json, "path"));
        found = where ? strdup(where) : NULL;
        json_decref(json);
    }
    rt_buf_release(&text);
    if (!found && *code == GW_EXIT_UNREACHABLE)
        fprintf(stderr, "tandem: no daemon at %s to say where records are (or -c FILE)\n", socket);
    else if (!found)
        fprintf(stderr, "tandem: " GW_RECORDS_NONE "\n");
    if (!found && *code == GW_EXIT_OK)
        *code = GW_EXIT_FAILED;
    return found;
}

int gw_client_records(const char *path, const char *socket, int argc, char **argv, bool json)
{
    struct asked a = {.limit = LIMIT_USUAL};
    struct gw_record_query *q = NULL;
    char why[256] = "", *asked = NULL;
    int code = take_words(&a, argc, argv);

    if (code == GW_EXIT_OK &&
        gw_record_query_parse(&q, rt_buf_str(&a.query), rt_wall(), why, sizeof why) != 0)
        code = usage(why[0] ? why : "out of memory");
    rt_buf_release(&a.query);
    if (code == GW_EXIT_OK && !path)
        path = asked = ask_path(socket, &code);
    if (code == GW_EXIT_OK)
        code = search(&a, q, path, json);
    gw_record_query_free(q);
    free(asked);
    return code;
}

/* ---- the daemon's half ---- */

int gw_records_path_verb(struct gw_answer *a, const struct gw_args *args)
{
    const char *path = gw_records_path(&a->plan->cdr);

    (void)args;
    if (!path)
        return gw_answer_fail(a, GW_EXIT_FAILED, GW_RECORDS_NONE);
    gw_answer_begin(a, "path");
    gw_answer_text(a, "path", path);
    gw_answer_end(a);
    return GW_EXIT_OK;
}
