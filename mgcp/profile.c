/* Whose dialect a peer speaks: one row per profile. Further rows would do for further peers;
 * nothing else in this folder asks who a peer is.
 *
 * "rfc" is RFC 3435 to the letter. NCS and TGCP take their digits and tones from packages of their
 * own. Cisco's CallManager calls itself MGCP 0.1; its gateways take 1.0. osmo-mgw only connects: no
 * events, no acknowledgements of responses, one codec at a time. Asterisk and Yate are agents,
 * whose CRCX carry an X that is not meant to end what was asked for.
 */
#include "mgcp/config.h"

static const struct mgcp_peculiar profiles[MGCP_PROFILES] = {
    [MGCP_RFC] = {.name = "rfc",
                  .version = "MGCP 1.0",
                  .digits = "D",
                  .congestion = "G/cg",
                  .notified_entity = true,
                  .quarantine = true,
                  .bearer = true,
                  .events = true,
                  .audits = true,
                  .wildcard_audit = true,
                  .blank_after_colon = true},
    [MGCP_NCS] = {.name = "ncs",
                  .version = "MGCP 1.0 NCS 1.0",
                  .digits = "L",
                  .congestion = "L/ro",
                  .notified_entity = true,
                  .response_ack = true,
                  .quarantine = true,
                  .events = true,
                  .audits = true,
                  .wildcard_audit = true,
                  .blank_after_colon = true},
    [MGCP_TGCP] = {.name = "tgcp",
                   .version = "MGCP 1.0 TGCP 1.0",
                   .digits = "D",
                   .congestion = "IT/ro",
                   .notified_entity = true,
                   .response_ack = true,
                   .quarantine = true,
                   .events = true,
                   .audits = true,
                   .wildcard_audit = true,
                   .blank_after_colon = true},
    [MGCP_CISCO] = {.name = "cisco",
                    .version = "MGCP 1.0",
                    .digits = "D",
                    .congestion = "G/cg",
                    .notified_entity = true,
                    .quarantine = true,
                    .bearer = true,
                    .events = true,
                    .audits = true,
                    .wildcard_audit = true,
                    .lone_x = true,
                    .blank_after_colon = true,
                    .capabilities_in_l = true,
                    .agent_port_gateway = true},
    [MGCP_OSMO] = {.name = "osmo",
                   .version = "MGCP 1.0",
                   .digits = "D",
                   .congestion = "G/cg",
                   .blank_after_colon = true,
                   .one_codec = true},
    [MGCP_ASTERISK] = {.name = "asterisk",
                       .version = "MGCP 1.0",
                       .digits = "D",
                       .congestion = "G/cg",
                       .notified_entity = true,
                       .events = true,
                       .audits = true,
                       .lone_x = true,
                       .blank_after_colon = true},
    [MGCP_YATE] = {.name = "yate",
                   .version = "MGCP 1.0",
                   .digits = "D",
                   .congestion = "G/cg",
                   .notified_entity = true,
                   .events = true,
                   .audits = true,
                   .lone_x = true,
                   .blank_after_colon = true},
};

const struct mgcp_peculiar *mgcp_peculiar(enum mgcp_profile p)
{
    return &profiles[(unsigned)p < MGCP_PROFILES ? p : MGCP_RFC];
}

const char *mgcp_profile_name(enum mgcp_profile p)
{
    return mgcp_peculiar(p)->name;
}
