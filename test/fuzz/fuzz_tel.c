/* Numbers in URIs with their parameters. What was read strictly is read leniently too, and as the
 * same; what is written is read again, is equal, and is written again as the same text.
 */
#include "dialplan/tel.h"
#include "test/fuzz/fuzz.h"

/** Reads what was written, as the kind of URI it belongs to. */
static int read_again(struct dp_tel *out, struct rt_buf *text, const struct dp_tel *t,
                      enum dp_tel_form form)
{
    struct rt_buf uri = {0};
    const char *why;

    rt_buf_puts(&uri, form == DP_TEL_USER ? "sip:" : "");
    dp_tel_write(&uri, t, form);
    if (form == DP_TEL_USER)
        rt_buf_puts(&uri, t->dialstring ? "@h;user=dialstring" : "@h;user=phone");
    int err = dp_tel_read(out, rt_buf_str(&uri), &why);
    rt_buf_reset(text);
    dp_tel_write(text, out, form);
    rt_buf_release(&uri);
    return err;
}

static void check(const struct dp_tel *t)
{
    struct dp_tel said = *t, again;
    struct rt_buf first = {0}, second = {0};

    fuzz_check(dp_tel_equal(t, t));
    if (!t->dialstring)
        said.postd[0] = '\0';
    for (int form = t->dialstring ? DP_TEL_USER : DP_TEL_URI; form <= DP_TEL_USER; form++) {
        rt_buf_reset(&first);
        dp_tel_write(&first, t, (enum dp_tel_form)form);
        fuzz_check(read_again(&again, &second, t, (enum dp_tel_form)form) == 0);
        fuzz_check(dp_tel_equal(&said, &again) && dp_tel_equal(&again, &said));
        fuzz_check(rt_str_eq(rt_buf_str(&first), second.p));
    }
    rt_buf_release(&first);
    rt_buf_release(&second);
}

static void check_key(const struct dp_tel *t)
{
    static const char *const ours[] = {"+1", "+12025440000", NULL};
    const struct dp_carrier_own own = {ours, ours, ours};
    struct dp_carrier_out in = {.npdi = t->npdi}, out;
    struct dp_key_rule rule;

    rt_str_copy(in.rn, sizeof in.rn, rt_str(t->rn));
    rt_str_copy(in.cic, sizeof in.cic, rt_str(t->cic));
    dp_key_decide(&rule, &in, &own, true);
    fuzz_check(!(rule.may_dip && in.npdi));
    fuzz_check(rule.key != DP_KEY_RN || in.rn[0]);
    dp_key_pass(&out, &in, &rule, true);
    fuzz_check(rule.key != DP_KEY_CIC || out.cic[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str text = {(const char *)data, size};
    struct dp_tel strict, t;
    const char *why;
    int err = dp_tel_parse(&strict, text, &why);

    fuzz_check(why && (err == 0) == (why[0] == '\0'));
    if (dp_tel_read(&t, text, &why) != 0) {
        fuzz_check(err != 0);
        return 0;
    }
    if (err == 0)
        fuzz_check(dp_tel_equal(&strict, &t));
    check(&t);
    check_key(&t);
    return 0;
}
