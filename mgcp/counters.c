/* What is counted in this folder. */
#include "mgcp/mgcp.h"

struct rt_counter mgcp_counters[MGCP_NCOUNTERS] = {
    [MGCP_RX] = {"mgcp_received_total", "messages received", 0},
    [MGCP_TX] = {"mgcp_sent_total", "messages sent", 0},
    [MGCP_FOREIGN] = {"mgcp_foreign_total", "datagrams of strangers: dropped without an answer", 0},
    [MGCP_MALFORMED] = {"mgcp_malformed_total", "messages that could not be read", 0},
    [MGCP_REPEATED_RX] = {"mgcp_received_again_total", "commands that had come before", 0},
    [MGCP_REPEATED_TX] = {"mgcp_sent_again_total", "messages sent again", 0},
    [MGCP_TIMEOUTS] = {"mgcp_timeouts_total", "commands that nobody answered", 0},
    [MGCP_REFUSED] = {"mgcp_refused_total", "commands that were refused", 0},
    [MGCP_FAILED] = {"mgcp_failed_total", "commands of ours that were refused", 0},
    [MGCP_UNMATCHED] = {"mgcp_unmatched_total", "responses to no command of ours", 0},
    [MGCP_OVERLOADED] = {"mgcp_overloaded_total", "commands put off or refused for overload", 0},
    [MGCP_OVERSIZED] = {"mgcp_oversized_total", "answers too large for a datagram", 0},
    [MGCP_RESTARTS] = {"mgcp_restarts_total", "RestartInProgress received", 0},
    [MGCP_DISCONNECTED] = {"mgcp_disconnected_total", "peers that were lost", 0},
    [MGCP_UNTOLD] = {"mgcp_untold_total", "commands given up while the agent was lost", 0},
};
