/* A plan and edits of it: the first lines of the input, `set PATH = ARGUMENTS`, `add BLOCK = TEXT`
 * (with `|` for a line end) or `delete PATH`, up to a line `---`; then the plan. Cut and put
 * together it is itself; after each edit that is taken it reads as a plan, and one that is refused
 * leaves it as it was. */
#include "conf/edit.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

#include <stdlib.h>

#define EDITS_MAX 20

static int apply(struct conf_edit *e, struct rt_str line, struct conf_diag *diag)
{
    static const char *const verbs[] = {"set", "add", "delete"};
    struct rt_str verb = rt_str_cut(&line, ' ');
    char *path = rt_str_dup(line), *text = path ? strstr(path, " = ") : NULL;
    size_t v = 0;
    int err = 0;

    while (v < RT_COUNT(verbs) && !rt_str_eq(verb, verbs[v]))
        v++;
    if (text) {
        *text = '\0';
        text += 3;
        for (char *c = text; *c; c++)
            *c = *c == '|' ? '\n' : *c;
    }
    if (v == 0 && text)
        err = conf_edit_set(e, path, text, diag);
    else if (v == 1 && text)
        err = conf_edit_add(e, path, text, NULL, diag);
    else if (v == 2 && path)
        err = conf_edit_delete(e, path, (enum conf_edit_comments)(line.n % 3), diag);
    free(path);
    return err;
}

static void check_edit(struct conf_edit *e, struct rt_str line)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf before = {0}, after = {0};
    struct conf *c;

    conf_edit_text(e, NULL, &before);
    int err = apply(e, line, &diag);
    conf_edit_text(e, NULL, &after);
    fuzz_check((err != 0) == (diag.errors != 0));
    if (err != 0)
        fuzz_check(before.n == after.n &&
                   (after.n == 0 || memcmp(before.p, after.p, after.n) == 0));
    conf_diag_release(&diag);
    fuzz_check(conf_edit_tree(e, &c, &diag) == 0);
    conf_free(c);
    rt_buf_release(&before);
    rt_buf_release(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str edits = {(const char *)data, size}, plan = {"", 0};
    const char *cut = size >= 4 ? memmem(data, size, "---\n", 4) : NULL;
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0};
    struct conf_edit *e;

    if (!cut || memchr(data, '\0', size))
        return 0;
    edits.n = (size_t)(cut - edits.p);
    plan = (struct rt_str){cut + 4, size - edits.n - 4};
    fake_reset();
    rt_file_replace("/fuzz.conf", plan.p, plan.n, 0644);
    if (conf_edit_open(&e, &conf_tandem, "/fuzz.conf", &diag) == 0) {
        conf_edit_text(e, NULL, &text);
        fuzz_check(text.n == plan.n && (plan.n == 0 || memcmp(text.p, plan.p, plan.n) == 0));
        for (int i = 0; i < EDITS_MAX && edits.n > 0; i++)
            check_edit(e, rt_str_cut(&edits, '\n'));
        conf_edit_free(e);
    }
    conf_diag_release(&diag);
    rt_buf_release(&text);
    return 0;
}
