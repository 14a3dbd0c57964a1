/* Numbers, bearers and elements: neutral words and Q.931's code points. */
#include "gw/leg_isdn_priv.h"

/* Neutral and Q.931 code points agree by design but for the unknown ones; a table keeps it honest.
 */
static const uint8_t ton_code[] = {
    [DP_TON_UNKNOWN] = 0, [DP_TON_INTERNATIONAL] = 1, [DP_TON_NATIONAL] = 2,
    [DP_TON_NETWORK] = 3, [DP_TON_SUBSCRIBER] = 4,    [DP_TON_ABBREVIATED] = 6,
};
static const uint8_t npi_code[] = {[DP_NPI_UNKNOWN] = 0, [DP_NPI_ISDN] = 1, [DP_NPI_PRIVATE] = 9};

void leg_isdn_number_out(struct isdn_number *out, const struct dp_number *n)
{
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->digits));
    out->ton = ton_code[n->ton];
    out->npi = npi_code[n->npi];
    out->presentation = (uint8_t)n->present;
    out->screening = (uint8_t)n->screen;
}

static unsigned code_index(const uint8_t *codes, size_t n, uint8_t code)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i] == code)
            return (unsigned)i;
    return 0;
}

void leg_isdn_number_in(struct dp_number *out, const struct isdn_number *n)
{
    *out = (struct dp_number){
        .ton = (enum dp_ton)code_index(ton_code, RT_COUNT(ton_code), n->ton),
        .npi = (enum dp_npi)code_index(npi_code, RT_COUNT(npi_code), n->npi),
        .present =
            n->presentation <= DP_UNAVAILABLE ? (enum dp_present)n->presentation : DP_ALLOWED,
        .screen = (enum dp_screen)(n->screening & 3),
    };
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->digits));
}

/* ---- the bearer, and what passes with it (RFC 4497 tables 3 and 4) ---- */

static const enum isdn_bearer bearer_code[GW_BEARERS] = {
    [GW_BEARER_AUDIO] = ISDN_AUDIO_31,
    [GW_BEARER_SPEECH] = ISDN_SPEECH,
    [GW_BEARER_DATA64] = ISDN_DATA64,
};

void leg_isdn_bearer_out(struct isdn_setup *out, enum gw_bearer bearer, const struct gw_setup *s)
{
    out->bearer = bearer_code[bearer];
    out->hlc_len = s->hlc.len;
    memcpy(out->hlc, s->hlc.data, s->hlc.len);
    out->llc_len = s->llc.len;
    memcpy(out->llc, s->llc.data, s->llc.len);
}

static void element_in(struct gw_element *out, const uint8_t *data, uint8_t len, size_t most)
{
    out->len = len <= most ? len : 0;
    memcpy(out->data, data, out->len);
}

void leg_isdn_bearer_in(struct gw_setup *out, const struct isdn_setup *s)
{
    for (unsigned b = 0; b < GW_BEARERS; b++)
        if (bearer_code[b] == s->bearer)
            out->bearer = (enum gw_bearer)b;
    element_in(&out->hlc, s->hlc, s->hlc_len, sizeof s->hlc);
    element_in(&out->llc, s->llc, s->llc_len, sizeof s->llc);
}
