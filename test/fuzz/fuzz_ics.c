/* Any octets as an .ics file, or as a time zone file when they begin as one: reading must end, and
 * what was read must answer the same by search as by its changes. */
#include "dialplan/schedule.h"
#include "test/fuzz/fuzz.h"

#define NOW 1795219200 /* 2026-11-21 */

static void use_zone(struct rt_str text)
{
    struct dp_zone *z;
    int64_t t = 0;

    if (dp_zone_parse(&z, "fuzz", text) != 0)
        return;
    for (int i = 0; i < 100 && (t = dp_zone_next(z, t)) != DP_NEVER && t < 4102444800; i++) {
        fuzz_check(dp_zone_offset(z, t - 1) != dp_zone_offset(z, t));
        int64_t local = t + dp_zone_offset(z, t), first = dp_zone_utc(z, local);
        fuzz_check(first <= t && first + dp_zone_offset(z, first) == local);
    }
    dp_zone_free(z);
}

static void use_calendar(struct rt_str text)
{
    struct dp_ics_error error;
    struct dp_calendar *c;
    struct dp_schedule *s;
    int64_t t = NOW;

    if (dp_calendar_new(&c) != 0)
        return;
    int err = dp_calendar_add_ics(c, text, NOW, &error);
    fuzz_check((err != 0) == (error.text[0] != '\0'));
    fuzz_check(err == 0 || dp_calendar_size(c) == 0);
    if (dp_schedule_new(&s, "UTC") == 0) {
        if (dp_schedule_except(s, c, "fuzz") == 0)
            for (int i = 0; i < 50 && t != DP_NEVER; i++) {
                int64_t next = dp_schedule_next_change(s, t);
                fuzz_check(next == DP_NEVER || (next > t && dp_schedule_open(s, next, NULL) !=
                                                                dp_schedule_open(s, t, NULL)));
                t = next;
            }
        dp_schedule_free(s);
    }
    dp_calendar_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};

    if (size >= 4 && memcmp(data, "TZif", 4) == 0)
        use_zone(text);
    else
        use_calendar(text);
    return 0;
}
