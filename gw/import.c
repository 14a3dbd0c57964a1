/* The front end of dialplan/import/: files in, the plan, the report and the decks' files out. */
#include "gw/import.h"
#include "dialplan/import/import.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>

#define FILES_MAX 32

/** What the command line says. */
struct order {
    const char *format, *dialling, *report, *tables;
    const char *file[FILES_MAX];
    unsigned nfiles;
    struct rt_buf *err;
};

static int complain(struct order *o, const char *what, const char *about)
{
    rt_buf_printf(o->err, "tandem: import: %s%s%s\n", what, about[0] ? ": " : "", about);
    rt_buf_puts(o->err, "usage: tandem import FORMAT FILE... [--dialling TEXT] [--report FILE] "
                        "[--tables FOLDER]\nformats:");
    for (const char *const *f = dp_import_formats(); *f; f++)
        rt_buf_printf(o->err, " %s", *f);
    rt_buf_puts(o->err, "\n");
    return 2;
}

/** Takes the option `word` with its value; 0: it is none. */
static int take_option(struct order *o, const char *word, const char *value)
{
    const struct {
        const char *name;
        const char **at;
    } options[] = {
        {"--dialling", &o->dialling}, {"--report", &o->report}, {"--tables", &o->tables}};

    for (size_t i = 0; i < RT_COUNT(options); i++)
        if (strcmp(word, options[i].name) == 0) {
            *options[i].at = value;
            return value ? 1 : -1;
        }
    return word[0] == '-' && word[1] == '-' ? -1 : 0;
}

static int read_order(struct order *o, int words, char *const word[])
{
    for (int i = 0; i < words; i++) {
        int taken = take_option(o, word[i], i + 1 < words ? word[i + 1] : NULL);
        if (taken < 0)
            return complain(o, "unknown option, or its value is missing", word[i]);
        if (taken > 0)
            i++;
        else if (!o->format)
            o->format = word[i];
        else if (o->nfiles == FILES_MAX)
            return complain(o, "too many files", "");
        else
            o->file[o->nfiles++] = word[i];
    }
    if (!o->format || o->nfiles == 0)
        return complain(o, "FORMAT and FILE are wanted", "");
    return 0;
}

static int fail(struct order *o, const char *file, int err)
{
    rt_buf_printf(o->err, "tandem: %s: %s\n", file, strerror(err));
    return 1;
}

/** Makes the files that the plan reads, beside those that are there already. */
static int write_tables(struct order *o, const struct dp_import *result)
{
    for (const struct dp_import_table *t = result->tables; t; t = t->next) {
        struct rt_buf path = {0};
        struct rt_file *f = NULL;

        rt_buf_printf(&path, "%s/%s", o->tables, t->name);
        int err = path.failed ? ENOMEM : rt_file_create(&f, path.p, 0644);
        if (err == 0)
            err = rt_file_write_at(f, 0, t->text.p, t->text.n);
        if (f)
            rt_file_close(f);
        int code = err ? fail(o, path.p ? path.p : t->name, err) : 0;
        rt_buf_release(&path);
        if (code != 0)
            return code;
    }
    return 0;
}

static int carry(struct order *o, struct rt_buf *out, const struct dp_import_source *sources)
{
    struct dp_import result = {.carried = 0};
    int err = dp_import(&result, o->format, sources, o->nfiles, o->dialling), code = 0;

    if (err == EINVAL)
        code = complain(o, "unknown format, or --dialling is not like \"de area 30\"", o->format);
    else if (err != 0)
        code = fail(o, o->file[0], err);
    if (code == 0)
        code = write_tables(o, &result);
    if (code == 0 && o->report) {
        err = rt_file_replace(o->report, result.report.p ? result.report.p : "", result.report.n,
                              0644);
        code = err ? fail(o, o->report, err) : 0;
    } else {
        rt_buf_put(o->err, result.report.p, result.report.n);
    }
    if (code == 0 && result.carried == 0) {
        rt_buf_puts(o->err, "tandem: nothing could be carried over\n");
        code = 1;
    }
    if (code == 0)
        rt_buf_put(out, result.plan.p, result.plan.n);
    dp_import_release(&result);
    return code;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int gw_import(struct rt_buf *out, struct rt_buf *err, int words, char *const word[])
{
    struct order o = {.tables = ".", .err = err};
    struct dp_import_source source[FILES_MAX];
    struct rt_buf text[FILES_MAX] = {{0}};
    int code = read_order(&o, words, word);

    for (unsigned i = 0; i < o.nfiles && code == 0; i++) {
        int failed = rt_file_read(&text[i], o.file[i], DP_IMPORT_MAX);
        code = failed ? fail(&o, o.file[i], failed) : 0;
        source[i] = (struct dp_import_source){base_name(o.file[i]), rt_buf_str(&text[i])};
    }
    if (code == 0)
        code = carry(&o, out, source);
    for (unsigned i = 0; i < FILES_MAX; i++)
        rt_buf_release(&text[i]);
    return code;
}
