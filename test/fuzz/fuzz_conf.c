/* Any octets as a plan: reading must end, and what is accepted must print and read back unchanged.
 *
 * Linked with the fake kernel, so that an include finds no file of the machine.
 */
#include "conf/conf.h"
#include "gw/plan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The expanded text of `text`; empty when it is refused. */
static void expand(struct rt_buf *out, struct rt_str text)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    if (conf_parse(&c, &conf_tandem, "fuzz.conf", text, &diag) == 0) {
        conf_print_expanded(c, out);
        struct rt_buf source = {0};
        conf_print_source(c, &source);
        if (source.n != text.n || (text.n > 0 && memcmp(source.p, text.p, text.n) != 0))
            abort();
        rt_buf_release(&source);
        conf_free(c);
    } else if (diag.errors == 0) {
        abort(); /* refused without a word */
    }
    conf_diag_release(&diag);
}

static void plan(struct rt_str text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p;

    if (gw_plan_parse(&p, "fuzz.conf", text, &diag) == 0)
        gw_plan_unref(p);
    else if (diag.errors == 0)
        abort();
    conf_diag_release(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};
    struct rt_buf once = {0}, twice = {0};

    expand(&once, text);
    if (once.n > 0) {
        expand(&twice, rt_buf_str(&once));
        if (twice.n != once.n || memcmp(once.p, twice.p, once.n) != 0)
            abort();
    }
    plan(text);
    rt_buf_release(&once);
    rt_buf_release(&twice);
    return 0;
}
