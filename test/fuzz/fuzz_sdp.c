/* Any body as an offer and as an answer, to a plain side and to one that can do everything; what we
 * answer must be readable and agree with itself. */
#include "codec/sdp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sdp_origin origin = {1, 1};
static struct sdp_candidate candidate = {.component = 1, .priority = 2130706431};

static struct sdp_audio plain(void)
{
    struct sdp_audio a = {
        .codec = {{.id = CODEC_PCMA, .payload = 8}, {.id = CODEC_PCMU, .payload = 0}},
        .ncodecs = 2,
        .event_payload = 101,
        .events = 0xffff,
        .ptime = 20};

    rt_addr_parse(&a.addr, "192.0.2.1:20000", 15, 0);
    return a;
}

static struct sdp_audio everything(void)
{
    struct sdp_audio a = plain();

    for (a.ncodecs = 0; a.ncodecs < CODEC_COUNT; a.ncodecs++) {
        a.codec[a.ncodecs].id = (enum codec_id)a.ncodecs;
        a.codec[a.ncodecs].payload = codec_table[a.ncodecs].payload;
    }
    candidate.addr = a.addr;
    a.cn_payload = 13;
    a.rtcp_mux = true;
    a.wish = (struct sdp_wish){
        .order = SDP_ORDER_CHEAPEST, .security = SDP_SECURITY_OPTIONAL, .names = true};
    a.crypto[0] = (struct sdp_crypto){1, rt_str("AES_CM_128_HMAC_SHA1_80 inline:AAAA")};
    a.ncryptos = 1;
    a.fingerprint[0] = (struct sdp_fingerprint){rt_str("sha-256"), rt_str("AB:CD")};
    a.nfingerprints = 1;
    a.ice = (struct sdp_ice){.ufrag = rt_str("abcd"), .pwd = rt_str("0123456789"), .lite = true};
    a.ice.own = &candidate;
    a.ice.nown = 1;
    return a;
}

/** What was answered, read back, is what was agreed. */
static void compare(const struct sdp_audio *agreed, struct rt_str answer)
{
    struct sdp_audio again;

    if (sdp_parse(&again, answer) != 0 || again.ncodecs != agreed->ncodecs ||
        again.nevents != agreed->nevents || again.rtcp_mux != agreed->rtcp_mux ||
        again.profile != agreed->profile || again.bundled != agreed->bundled)
        abort();
    for (unsigned i = 0; i < agreed->ncodecs; i++)
        if (again.codec[i].id != agreed->codec[i].id ||
            again.codec[i].payload != agreed->codec[i].payload)
            abort();
    if ((agreed->security == SDP_SDES) != (again.ncryptos == 1) ||
        (agreed->security == SDP_DTLS) != (again.nfingerprints == 1) ||
        (agreed->ice.ufrag.n > 0) != (again.ice.ufrag.n > 0))
        abort();
}

static void exchange(struct rt_str body, const struct sdp_audio *local)
{
    struct sdp_audio agreed;
    struct rt_buf out = {0};

    sdp_accept(&agreed, body, local);
    if (sdp_answer(&out, &agreed, body, local, &origin) == 0) {
        sdp_held(&agreed);
        compare(&agreed, rt_buf_str(&out));
    }
    rt_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str body = {(const char *)data, size};
    struct sdp_audio a = plain(), b = everything();

    exchange(body, &a);
    exchange(body, &b);
    return 0;
}
