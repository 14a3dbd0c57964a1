/* Numbers and URIs as peers write them. A number that was understood has only keys, and its text is
 * understood again as the same number; a URI that was split is written again as the same parts.
 */
#include "dialplan/dialplan.h"
#include "sip/uri.h"
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

static int same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/** What is escaped may stand in its part, and is what it was when the escapes are undone. */
static void check_escapes(struct rt_str s)
{
    char escaped[600], plain[200];

    for (int part = SIP_URI_USER; part <= SIP_URI_HEADER; part++) {
        if (s.n >= sizeof plain || memchr(s.p, '\0', s.n))
            continue;
        fuzz_check(sip_uri_escape(escaped, sizeof escaped, s, (enum sip_uri_part)part) == 0);
        fuzz_check(sip_uri_fits(rt_str(escaped), (enum sip_uri_part)part));
        fuzz_check(sip_uri_unescape(plain, sizeof plain, rt_str(escaped)) == 0);
        fuzz_check(rt_str_eq(s, plain));
    }
    sip_uri_unescape(plain, sizeof plain, s);
}

static void check_uri(struct rt_str text)
{
    struct sip_uri u, again;
    struct rt_buf out = {0};

    if (sip_uri_read(&u, text) != 0)
        return;
    sip_uri_write(&out, &u);
    fuzz_check(sip_uri_read(&again, rt_buf_str(&out)) == 0);
    fuzz_check(u.scheme == again.scheme && same(u.user, again.user) &&
               same(u.user_params, again.user_params) && same(u.password, again.password) &&
               same(u.host, again.host) && same(u.port, again.port) &&
               same(u.params, again.params) && same(u.headers, again.headers));
    sip_uri_phone_param(&u, "tgrp");
    sip_uri_header(&u, "Reason");
    rt_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};
    struct dp_number n;

    check_uri(text);
    if (size > 0)
        check_escapes(text);
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
