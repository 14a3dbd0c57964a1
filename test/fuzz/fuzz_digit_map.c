/* Digit maps as an agent sends them, and digits against them. The input is a map, a line end, and
 * digits. What holds for any of them: a map of the same text is the same one, a refusal is one of
 * the three, a timer runs after a partial match alone, T completes a match after T-critical, and a
 * mismatch is the end.
 */
#include "mgcp/digit_map.h"
#include "test/fuzz/fuzz.h"

#include <errno.h>

static void check_run(struct mgcp_map *m, struct rt_str digits)
{
    enum mgcp_map_timer timer = MGCP_TIMER_NONE, before;
    bool over = false;
    struct mgcp_map_run r;

    if (mgcp_map_start(&r, m) != 0)
        return;
    for (size_t i = 0; i < digits.n; i++) {
        before = timer;
        enum mgcp_map_verdict v = mgcp_map_feed(&r, digits.p[i], &timer);
        fuzz_check((timer == MGCP_TIMER_NONE) == (v != MGCP_MAP_PARTIAL));
        fuzz_check(!over || v == MGCP_MAP_MISMATCH);
        if (digits.p[i] == 'T' && before != MGCP_TIMER_NONE)
            fuzz_check((v == MGCP_MAP_MATCH) == (before == MGCP_TIMER_CRITICAL));
        over = v == MGCP_MAP_MISMATCH;
    }
    fuzz_check(r.digits == digits.n);
    mgcp_map_stop(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str digits = {(const char *)data, size}, text = rt_str_cut(&digits, '\n');
    struct mgcp_map *m = NULL, *again = NULL;
    unsigned refusal = 0;

    if (mgcp_map_new(&m, text, &refusal) != 0) {
        fuzz_check(refusal == 0 || refusal == 510 || refusal == 533 || refusal == 537);
        return 0;
    }
    fuzz_check(mgcp_map_new(&again, mgcp_map_text(m), &refusal) == 0 && again == m);
    mgcp_map_free(again);
    check_run(m, digits);
    mgcp_map_free(m);
    return 0;
}
