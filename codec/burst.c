/* The burst and gap model, as counts of whole packets: the definition of RFC 3611 4.7.2 itself. The
 * algorithm in its appendix A.2 infers some of these counts to an accuracy of one.
 */
#include "codec/burst.h"

/** The cluster is over: a burst, or one packet lost alone, which belongs to the gap. */
static void close_cluster(struct burst *b)
{
    if (b->cluster_bad > 1) {
        b->bursts++;
        b->burst_packets += b->cluster_packets;
        b->burst_bad += b->cluster_bad;
    } else {
        b->gap_packets += b->cluster_packets;
        b->gap_bad += b->cluster_bad;
    }
    b->cluster_packets = b->cluster_bad = 0;
}

static void add_bad(struct burst *b, bool discarded, uint64_t n)
{
    *(discarded ? &b->discarded : &b->lost) += n;
    b->expected += n;
    /* 4.7.2: the session is taken to follow on at least Gmin received packets */
    if (b->cluster_bad == 0 || b->good >= BURST_GMIN) {
        close_cluster(b);
        b->gap_packets += b->good;
    } else {
        b->cluster_packets += b->good;
    }
    if (b->good > 0 || b->runs == 0)
        b->runs++;
    b->good = 0;
    b->cluster_packets += n;
    b->cluster_bad += n;
}

void burst_bad(struct burst *b, bool discarded)
{
    add_bad(b, discarded, 1);
}

void burst_packets(struct burst *b, enum burst_fate fate, uint64_t n)
{
    if (fate == BURST_RECEIVED) {
        b->expected += n;
        b->good += n;
    } else if (n > 0) {
        add_bad(b, fate == BURST_DISCARDED, n);
    }
}

void burst_packet(struct burst *b, enum burst_fate fate)
{
    burst_packets(b, fate, 1);
}

/** Integer part of 256 times the fraction, at most 255. */
static uint8_t fixed(uint64_t part, uint64_t all)
{
    double f = all > 0 ? (double)part * 256 / (double)all : 0;
    return (uint8_t)(f < 255 ? f : 255);
}

static uint16_t duration(uint64_t packets, uint64_t periods, unsigned packet_ms)
{
    double ms = (double)packets * packet_ms / (double)(periods > 0 ? periods : 1);
    return (uint16_t)(ms < 65535 ? ms + 0.5 : 65535);
}

double burst_ratio(uint64_t expected, uint64_t bad, uint64_t runs)
{
    if (runs == 0 || runs > bad || bad >= expected)
        return 1;
    double r = (double)bad / (double)runs * (1 - (double)bad / (double)expected);
    return r > 1 ? r : 1;
}

void burst_figures(struct burst_figures *out, const struct burst *b, unsigned packet_ms)
{
    struct burst end = *b;
    uint64_t bad = end.lost + end.discarded;

    close_cluster(&end);
    end.gap_packets += end.good;
    *out = (struct burst_figures){
        .loss_rate = fixed(end.lost, end.expected),
        .discard_rate = fixed(end.discarded, end.expected),
        .burst_density = fixed(end.burst_bad, end.burst_packets),
        .gap_density = fixed(end.gap_bad, end.gap_packets),
        .burst_ms = duration(end.burst_packets, end.bursts, packet_ms),
        /* 4.7.2's example and A.2: the time in gaps over the number of bursts */
        .gap_ms = duration(end.gap_packets, end.bursts, packet_ms),
        .bad = end.expected > 0 ? 100 * (double)bad / (double)end.expected : 0,
        .ratio = burst_ratio(end.expected, bad, end.runs),
    };
}
