/* From what was agreed to what the engine is told. */
#include "gw/agreed.h"

/** What we send at a time: as they ask, else as we do, in whole frames. */
static unsigned packet_time(const struct sdp_audio *r, const struct gw_trunk_media *t)
{
    unsigned ours = t->ptime, frame = codec_table[r->codec[0].id].frame / 8;

    if (r->ptime || r->codec[0].id == CODEC_CLEARMODE || (r->maxptime && ours > r->maxptime))
        return r->ptime;
    return ours < frame ? frame : ours / frame * frame;
}

void gw_agreed_rtp(struct media_rtp *out, const struct sdp_audio *r, const struct gw_trunk_media *t)
{
    *out = (struct media_rtp){
        .remote = r->addr,
        .remote_rtcp = r->rtcp,
        .codec = r->codec[0].id,
        .params = r->codec[0].params,
        .event_payload = r->event_payload,
        .event_payload_in = r->event_payload_in,
        .event_clock = r->event_clock,
        .noise_payload = r->cn_payload > 0 ? r->cn_payload : 0,
        .ptime = packet_time(r, t),
        .send = !sdp_held(r) && (r->direction == SDP_SENDRECV || r->direction == SDP_RECVONLY),
        .receive = r->direction == SDP_SENDRECV || r->direction == SDP_SENDONLY,
        .fixed = t->fixed,
        .mux = r->rtcp_mux,
        .gain_in = t->gain_in,
        .gain_out = t->gain_out,
    };
    memset(out->payload, 255, sizeof out->payload);
    memset(out->payload_in, 255, sizeof out->payload_in);
    for (unsigned i = 0; i < r->ncodecs; i++) {
        out->payload[r->codec[i].id] = r->codec[i].payload;
        out->payload_in[r->codec[i].id] = r->codec[i].payload_in;
    }
}
