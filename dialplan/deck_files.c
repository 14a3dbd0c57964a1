/* The files that a deck or a list is made from. */
#include "dialplan/deck_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char rejects[] = ".rejects", sqlite[] = "sqlite:";

struct found {
    char **files;
    unsigned n, cap;
};

static int add_file(void *arg, const char *path)
{
    struct found *f = arg;
    size_t n = strlen(path), tail = sizeof rejects - 1;

    if (n > tail && strcmp(path + n - tail, rejects) == 0)
        return 0;
    if (f->n == f->cap) {
        unsigned more = f->cap > 0 ? 2 * f->cap : 8;
        char **p = realloc(f->files, more * sizeof *p);
        if (!p)
            return ENOMEM;
        f->files = p;
        f->cap = more;
    }
    f->files[f->n] = rt_str_dup(rt_str(path));
    return f->files[f->n++] ? 0 : ENOMEM;
}

int dp_files_find(char ***files, unsigned *n, const char *const *patterns, char why[DP_ROWS_WHY])
{
    struct found f = {0};
    int err = 0;

    for (size_t i = 0; err == 0 && patterns[i]; i++) {
        unsigned before = f.n;
        err = strncmp(patterns[i], sqlite, sizeof sqlite - 1) == 0
                  ? add_file(&f, patterns[i])
                  : rt_glob(patterns[i], add_file, &f);
        if (err == 0 && f.n == before)
            err = ENOENT;
        if (err != 0)
            snprintf(why, DP_ROWS_WHY, "%.150s: %s", patterns[i], strerror(err));
    }
    if (err != 0) {
        dp_files_free(f.files, f.n);
        return err;
    }
    *files = f.files;
    *n = f.n;
    return 0;
}

void dp_files_free(char **files, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        free(files[i]);
    free(files);
}

void dp_files_rejects(struct rt_buf *out, const char *file)
{
    bool named = strncmp(file, sqlite, sizeof sqlite - 1) == 0;

    rt_buf_reset(out);
    rt_buf_puts(out, named ? file + sizeof sqlite - 1 : file);
    rt_buf_puts(out, rejects);
}
