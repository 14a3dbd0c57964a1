/* Advice of charge as peers' XML. What was read is written again
 * as a document that says the same once it is read: writing it a second time changes nothing.
 */
#include "gw/aoc_xml.h"
#include "gw/xml.h"
#include "test/fuzz/fuzz.h"

static void check_same(const struct rt_buf *a, const struct rt_buf *b)
{
    fuzz_check(a->n == b->n && memcmp(a->p, b->p, a->n) == 0);
}

static void check_aoc(const struct isdn_aoc *aoc)
{
    struct rt_buf once = {0}, twice = {0};
    struct gw_aoc_parts again;
    struct gw_xml_error err;
    char text[GW_CHARGE_LEN];

    gw_aoc_text(text, aoc);
    gw_aoc_xml_write(&once, aoc);
    fuzz_check(gw_aoc_xml_read(&again, rt_buf_str(&once), &err) == 0 && again.n == 1);
    gw_aoc_xml_write(&twice, &again.part[0]);
    check_same(&once, &twice);
    rt_buf_release(&once);
    rt_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};
    struct gw_aoc_parts parts;
    struct gw_xml_error err;

    if (gw_aoc_xml_read(&parts, text, &err) == 0)
        for (unsigned i = 0; i < parts.n; i++)
            check_aoc(&parts.part[i]);
    return 0;
}
