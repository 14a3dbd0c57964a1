/* Numbers and URIs as peers write them. A number that was understood has only keys, and its text is
 * understood again as the same number.
 */
#include "dialplan/dialplan.h"
#include "test/fuzz/fuzz.h"

static void check_number(const struct dp_number *n)
{
    char text[DP_TEXT_LEN];
    struct dp_number again;
    size_t len = strnlen(n->digits, sizeof n->digits);

    fuzz_check(len > 0 && len <= DP_DIGITS_MAX);
    fuzz_check(strspn(n->digits, n->e164 ? "0123456789" : "0123456789*#ABCD") == len);
    fuzz_check(dp_number_parse(&again, rt_str(dp_text(text, n))) == 0);
    fuzz_check(dp_number_equal(n, &again));
}

/** In and out again: E.164 stays E.164, whatever the trunk wants. */
static void check_formats(const struct dp_number *n)
{
    const struct dp_site site = {.country = dp_country(rt_str("de")), .area = "30"};
    struct dp_number in = *n, out;

    dp_normalise_called(&in, &site);
    check_number(&in);
    for (int f = DP_E164; f <= DP_AS_DIALLED; f++) {
        dp_format_number(&out, &in, (enum dp_format)f, &site);
        check_number(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};
    struct dp_number n;

    if (dp_number_from_uri(&n, text) == 0) {
        check_number(&n);
        check_formats(&n);
    }
    if (dp_number_parse(&n, text) == 0) {
        check_number(&n);
        check_formats(&n);
    }
    return 0;
}
