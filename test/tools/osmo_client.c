/* osmo_client: libosmo-mgcp-client as the call agent of somebody else's gateway.
 *
 *   osmo_client LOCAL-PORT GATEWAY-PORT ENDPOINT
 *
 * Makes a connection on ENDPOINT ("ds/e1-1/5@gw"), tells it where RTP goes, and deletes it, as
 * commands on standard input say; each answer is one JSON line:
 *
 *   crcx MODE PORT    M, and the port of the remote description; 0: none
 *   mdcx MODE PORT
 *   dlcx
 *   other NAME        ENDPOINT from now on
 *
 * Linked with GPL'd libraries: a tool of the tests, no part of what is installed.
 */
#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/mgcp_client/mgcp_client.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL 0x1a2b

struct answer {
    bool came;
    int code;
    unsigned port, ptime, codec;
    char connection[MGCP_CONN_ID_MAXLEN];
};

static struct mgcp_client *client;
static char connection[MGCP_CONN_ID_MAXLEN];

static void on_response(struct mgcp_response *r, void *priv)
{
    struct answer *a = priv;

    a->came = true;
    if (!r)
        return;
    a->code = r->head.response_code;
    if (a->code == 200 && mgcp_response_parse_params(r) == 0) {
        a->port = r->audio_port;
        a->ptime = r->ptime;
        a->codec = r->codecs_len > 0 ? (unsigned)r->codecs[0] : 255;
    }
    snprintf(a->connection, sizeof a->connection, "%s", r->head.conn_id);
}

static void fill(struct mgcp_msg *m, enum mgcp_verb verb, const char *endpoint, const char *mode,
                 unsigned port)
{
    static char host[] = "127.0.0.1";

    *m = (struct mgcp_msg){.verb = verb,
                           .presence = MGCP_MSG_PRESENCE_ENDPOINT | MGCP_MSG_PRESENCE_CALL_ID,
                           .call_id = CALL,
                           .ptime = 20,
                           .codecs = {CODEC_PCMA_8000_1},
                           .codecs_len = 1};
    snprintf(m->endpoint, sizeof m->endpoint, "%s", endpoint);
    if (verb != MGCP_VERB_CRCX) {
        m->presence |= MGCP_MSG_PRESENCE_CONN_ID;
        m->conn_id = connection;
    }
    if (verb == MGCP_VERB_DLCX)
        return;
    m->presence |= MGCP_MSG_PRESENCE_CONN_MODE;
    m->conn_mode = strcmp(mode, "recvonly") == 0   ? MGCP_CONN_RECV_ONLY
                   : strcmp(mode, "sendonly") == 0 ? MGCP_CONN_SEND_ONLY
                                                   : MGCP_CONN_RECV_SEND;
    if (port == 0)
        return;
    m->presence |= MGCP_MSG_PRESENCE_AUDIO_IP | MGCP_MSG_PRESENCE_AUDIO_PORT;
    m->audio_ip = host;
    m->audio_port = (uint16_t)port;
}

static void command(enum mgcp_verb verb, const char *endpoint, const char *mode, unsigned port)
{
    struct answer a = {.came = false};
    struct mgcp_msg m;

    fill(&m, verb, endpoint, mode, port);
    struct msgb *text = mgcp_msg_gen(client, &m);
    if (!text || mgcp_client_tx(client, text, on_response, &a) != 0)
        a.came = true;
    while (!a.came)
        osmo_select_main(0);
    if (a.connection[0] != '\0')
        memcpy(connection, a.connection, sizeof connection);
    printf("{\"code\": %d, \"connection\": \"%s\", \"port\": %u, \"ptime\": %u, \"codec\": %u}\n",
           a.code, a.connection, a.port, a.ptime, a.codec);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct mgcp_client_conf conf;
    char text[128], verb[8], mode[64], other[64];
    const char *endpoint = argv[3];
    unsigned port;

    if (argc != 4) {
        fprintf(stderr, "usage: osmo_client LOCAL-PORT GATEWAY-PORT ENDPOINT\n");
        return 2;
    }
    void *ctx = talloc_named_const(NULL, 0, "osmo_client");
    osmo_init_logging2(ctx, NULL);
    mgcp_client_conf_init(&conf);
    conf.local_addr = "127.0.0.1";
    conf.local_port = atoi(argv[1]);
    conf.remote_addr = "127.0.0.1";
    conf.remote_port = atoi(argv[2]);
    client = mgcp_client_init(ctx, &conf);
    if (!client || mgcp_client_connect2(client, 0) != 0) {
        fprintf(stderr, "osmo_client: no socket\n");
        return 1;
    }
    while (fgets(text, sizeof text, stdin)) {
        mode[0] = '\0';
        port = 0;
        if (sscanf(text, "%7s %63s %u", verb, mode, &port) < 1)
            continue;
        if (verb[0] == 'o') {
            endpoint = strcpy(other, mode);
            continue;
        }
        command(verb[0] == 'c'   ? MGCP_VERB_CRCX
                : verb[0] == 'm' ? MGCP_VERB_MDCX
                                 : MGCP_VERB_DLCX,
                endpoint, mode, port);
    }
    return 0;
}
