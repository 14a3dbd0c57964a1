/* What libpri hands up beside its events: subcommands, each from a supplementary service. */
#include "isdn/isdn_priv.h"

typedef void subcommand_fn(struct isdn_call *c, const struct pri_subcommand *sub);

static subcommand_fn *const handlers[PRI_SUBCMD_DISPLAY_TEXT + 1] = {
    [PRI_SUBCMD_CONNECTED_LINE] = isdn_identity_connected,
    [PRI_SUBCMD_REDIRECTING] = isdn_diversion_told,
    [PRI_SUBCMD_REROUTING] = isdn_deflect_asked,
    [PRI_SUBCMD_TRANSFER_CALL] = isdn_transfer_asked,
    [PRI_SUBCMD_AOC_S] = isdn_charge_s,
    [PRI_SUBCMD_AOC_D] = isdn_charge_d,
    [PRI_SUBCMD_AOC_E] = isdn_charge_e,
    [PRI_SUBCMD_AOC_CHARGING_REQ] = isdn_charge_asked,
    [PRI_SUBCMD_AOC_CHARGING_REQ_RSP] = isdn_charge_replied,
    [PRI_SUBCMD_MCID_REQ] = isdn_mcid_asked,
    [PRI_SUBCMD_MCID_RSP] = isdn_mcid_replied,
};

void isdn_subcommands(struct isdn_call *c, const pri_event *e, const struct pri_subcommands *subs)
{
    if (e->e == PRI_EVENT_FACILITY && e->facility.subcall != c->q931)
        c->service.terminal = e->facility.subcall;
    for (int i = 0; subs && i < subs->counter_subcmd; i++) {
        const struct pri_subcommand *sub = &subs->subcmd[i];
        if (e->e == PRI_EVENT_ANSWER && sub->cmd == PRI_SUBCMD_CONNECTED_LINE)
            continue; /* ISDN_EV_CONNECT says it */
        if (sub->cmd > 0 && (size_t)sub->cmd < RT_COUNT(handlers) && handlers[sub->cmd])
            handlers[sub->cmd](c, sub);
    }
}
