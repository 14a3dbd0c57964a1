/* Parties in libpri's words and in ours: numbers, names, and the reasons of diversions. */
#include "isdn/isdn_priv.h"

#define SCREENING_BITS 0x03
#define PRESENT_SHIFT  5 /* Q.931 4.5.10: presentation in bits 7 and 6 of octet 3a */

bool isdn_number_said(const struct isdn_number *n)
{
    return n->digits[0] != '\0' || n->presentation != 0;
}

void isdn_number_in(struct isdn_number *out, const struct pri_party_number *n)
{
    *out = (struct isdn_number){.digits = ""};
    if (!n->valid)
        return;
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->str));
    out->ton = n->plan >> 4 & 7;
    out->npi = n->plan & 15;
    out->presentation = n->presentation >> PRESENT_SHIFT & 3;
    out->screening = n->presentation & SCREENING_BITS;
}

void isdn_number_out(struct pri_party_number *out, const struct isdn_number *n)
{
    out->valid = isdn_number_said(n);
    out->plan = n->ton << 4 | n->npi;
    out->presentation = n->presentation << PRESENT_SHIFT | n->screening;
    rt_str_copy(out->str, sizeof out->str, rt_str(n->digits));
}

void isdn_name_out(struct pri_party_name *out, const char *name, bool restricted)
{
    out->valid = name && name[0] != '\0';
    if (!out->valid)
        return;
    out->char_set = PRI_CHAR_SET_ISO8859_1;
    out->presentation = restricted ? PRI_PRES_RESTRICTED : PRI_PRES_ALLOWED;
    rt_str_copy(out->str, sizeof out->str, rt_str(name));
}

/* libpri has a code point of its own for deflection. */

uint8_t isdn_reason_in(int libpri)
{
    return libpri == PRI_REDIR_DEFLECTION ? ISDN_REASON_BY_CALLED : (uint8_t)(libpri & 15);
}

int isdn_reason_out(uint8_t reason)
{
    if (reason == ISDN_REASON_BY_CALLED || reason == ISDN_REASON_DEFLECTION)
        return PRI_REDIR_DEFLECTION;
    return reason;
}
