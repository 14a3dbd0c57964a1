/* The ISDN variants: everything in which they differ for us is a column of this table. What differs
 * inside the messages is libpri's, by its switch type.
 */
#include "isdn/isdn_priv.h"

#include <string.h>

#define E1  (1u << ISDN_E1)
#define T1  (1u << ISDN_T1)
#define BRI (1u << ISDN_BRI)

static const struct isdn_variant variants[] = {
    {.name = "euroisdn",
     .libpri = {[ISDN_E1] = PRI_SWITCH_EUROISDN_E1,
                [ISDN_T1] = PRI_SWITCH_EUROISDN_T1,
                [ISDN_BRI] = PRI_SWITCH_EUROISDN_E1},
     .rates = E1 | T1 | BRI,
     .features = ISDN_F_NOTIFY | ISDN_F_COLR | ISDN_F_AOC | ISDN_F_MCID | ISDN_F_DEFLECT |
                 ISDN_F_DIVERT_FACILITY,
     .transfer = "ECT"},
    {.name = "qsig",
     .libpri = {[ISDN_E1] = PRI_SWITCH_QSIG, [ISDN_T1] = PRI_SWITCH_QSIG},
     .rates = E1 | T1,
     .features = ISDN_F_COLR | ISDN_F_DEFLECT | ISDN_F_NAME_FACILITY | ISDN_F_DIVERT_FACILITY,
     .transfer = "path replacement"},
    {.name = "ni2",
     .libpri = {[ISDN_E1] = PRI_SWITCH_NI2, [ISDN_T1] = PRI_SWITCH_NI2},
     .rates = E1 | T1,
     .features = ISDN_F_SERVICE | ISDN_F_NAME_FACILITY | ISDN_F_NFAS,
     .transfer = "TBCT"},
    {.name = "ni1",
     .libpri = {[ISDN_T1] = PRI_SWITCH_NI1, [ISDN_BRI] = PRI_SWITCH_NI1},
     .rates = T1 | BRI,
     .features = ISDN_F_NFAS | ISDN_F_MULAW_BRI},
    {.name = "dms100",
     .libpri = {[ISDN_T1] = PRI_SWITCH_DMS100},
     .rates = T1,
     .features = ISDN_F_SERVICE | ISDN_F_NFAS,
     .transfer = "RLT"},
    {.name = "5ess",
     .libpri = {[ISDN_T1] = PRI_SWITCH_LUCENT5E},
     .rates = T1,
     .features = ISDN_F_SERVICE | ISDN_F_NFAS,
     .transfer = "TBCT"},
    {.name = "4ess",
     .libpri = {[ISDN_T1] = PRI_SWITCH_ATT4ESS},
     .rates = T1,
     .features = ISDN_F_SERVICE | ISDN_F_NFAS,
     .transfer = "TBCT"},
};

static const struct {
    uint32_t timeslots;
    unsigned dchannel;
} rates[] = {
    [ISDN_E1] = {0xfffffffe, 16}, [ISDN_T1] = {0x01fffffe, 24}, [ISDN_BRI] = {0x0000000e, 3}};

const struct isdn_variant *isdn_variant(const char *name)
{
    for (size_t i = 0; i < RT_COUNT(variants); i++)
        if (strcmp(variants[i].name, name) == 0)
            return &variants[i];
    return NULL;
}

const struct isdn_variant *isdn_variant_at(unsigned i)
{
    return i < RT_COUNT(variants) ? &variants[i] : NULL;
}

uint32_t isdn_rate_timeslots(enum isdn_rate r)
{
    return rates[r].timeslots;
}

unsigned isdn_rate_dchannel(enum isdn_rate r)
{
    return rates[r].dchannel;
}

const char *isdn_rate_name(enum isdn_rate r)
{
    static const char *const names[] = {[ISDN_E1] = "e1", [ISDN_T1] = "t1", [ISDN_BRI] = "bri"};
    return names[r];
}
