/* Dial plans of other systems: the first octet chooses the format, the second cuts the rest into
 * two files. Whatever they hold, what comes out are texts of lines without control characters, and
 * twice the same.
 */
#include "conf/conf.h"
#include "dialplan/import/import.h"
#include "test/fuzz/fuzz.h"

static const char *const file_names[][2] = {
    {"chan_dahdi.conf", "extensions.conf"},
    {"router.cfg", "more.cfg"},
    {"carriers.sql", "lcr.csv"},
    {"board.ini", "more.ini"},
    {"sip.conf", "extensions.conf"},
    {"pjsip.conf", "extensions.conf"},
};

static void check_text(const struct rt_buf *b)
{
    for (size_t i = 0; i < b->n; i++)
        fuzz_check((unsigned char)b->p[i] >= ' ' || b->p[i] == '\n');
    fuzz_check(b->n == 0 || b->p[b->n - 1] == '\n');
}

static void check_plan(const struct rt_buf *plan)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c = NULL;

    fuzz_check(conf_parse(&c, &conf_tandem, "plan.conf", rt_buf_str(plan), &diag) == 0);
    conf_free(c);
    conf_diag_release(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_import a = {.carried = 0}, b = {.carried = 0};

    if (size < 2 || size > 8192)
        return 0;
    unsigned which = data[0] % RT_COUNT(file_names);
    size_t cut = (size - 2) * data[1] / 255;
    const char *text = (const char *)data + 2;
    const char *format = dp_import_formats()[which < 4 ? which : 0];
    const struct dp_import_source sources[2] = {
        {file_names[which][0], {text, cut}},
        {file_names[which][1], {text + cut, size - 2 - cut}},
    };

    if (dp_import(&a, format, sources, 2, NULL) == 0) {
        check_text(&a.plan);
        check_text(&a.report);
        check_plan(&a.plan);
        fuzz_check(dp_import(&b, format, sources, 2, NULL) == 0);
        fuzz_check(a.plan.n == b.plan.n && memcmp(a.plan.p, b.plan.p, a.plan.n) == 0);
        fuzz_check(a.report.n == b.report.n && a.carried == b.carried && a.dropped == b.dropped);
    }
    dp_import_release(&a);
    dp_import_release(&b);
    return 0;
}
