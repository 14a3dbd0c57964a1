/* Reason values: `Q.850;cause=16;text="normal call clearing";location=LN`. */
#include "sip/reason.h"
#include "sip/text.h"

#include <stdio.h>

/* RFC 8606 4: the words of Q.850's location codes, spare and national ones too. */
static const char *const location_words[16] = {
    "U",     "LPN",   "LN", "TN",     "RLN",    "RPN",    "LOC-6",  "INTL",
    "LOC-8", "LOC-9", "BI", "LOC-11", "LOC-12", "LOC-13", "LOC-14", "LOC-15",
};

static int location_of(struct rt_str word)
{
    for (int i = 0; i < 16; i++)
        if (rt_str_caseeq(word, location_words[i]))
            return i;
    return -1;
}

static void read_value(struct sip_reason *out, struct rt_str value)
{
    struct rt_str params = value, protocol = rt_str_trim(rt_str_cut(&params, ';'));
    uint64_t cause;

    if (rt_str_u64(&cause, sip_param(params, "cause"), 699) != 0)
        return;
    if (rt_str_caseeq(protocol, "Q.850") && out->q850 == 0 && cause >= 1 && cause <= 127) {
        out->q850 = (int)cause;
        out->location = location_of(sip_param(params, "location"));
        sip_copy_quoted(out->text, sizeof out->text, sip_param(params, "text"));
    } else if (rt_str_caseeq(protocol, "SIP") && out->sip == 0 && cause >= 100) {
        out->sip = (int)cause;
    }
}

void sip_reason_read(struct sip_reason *out, const struct sip_scan *s)
{
    *out = (struct sip_reason){.location = -1};
    for (unsigned i = 0;; i++) {
        struct rt_str rest = sip_scan_header(s, "Reason", i), value;
        if (rest.n == 0)
            return;
        while ((value = sip_list_next(&rest)).n > 0)
            read_value(out, value);
    }
}

void sip_reason_write(struct rt_buf *out, const struct sip_reason *r)
{
    if (r && r->q850) {
        rt_buf_printf(out, "Reason: Q.850;cause=%d", r->q850);
        if (r->text[0]) {
            rt_buf_puts(out, ";text=\"");
            sip_put_quoted(out, rt_str(r->text));
            rt_buf_puts(out, "\"");
        }
        if (r->location >= 0 && r->location < 16)
            rt_buf_printf(out, ";location=%s", location_words[r->location]);
        rt_buf_puts(out, "\r\n");
    }
    if (r && r->sip)
        rt_buf_printf(out, "Reason: SIP;cause=%d\r\n", r->sip);
}
