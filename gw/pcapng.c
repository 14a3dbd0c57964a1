/* The blocks of pcapng, field by field. */
#include "gw/pcapng.h"

#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET    6u
#define BLOCK_SECTION   0x0a0d0d0au
#define BYTE_ORDER_MARK 0x1a2b3c4du

#define OPT_END        0
#define OPT_COMMENT    1
#define OPT_IF_NAME    2
#define OPT_IF_TSRESOL 9
#define OPT_EPB_FLAGS  2

/** Octets of a packet block behind its data and padding. */
#define PACKET_TAIL 16

/** if_tsresol: 10^-6 s */
#define MICROSECONDS 6

/** epb_flags, bits 0 and 1 */
#define INBOUND  1u
#define OUTBOUND 2u

static void put16(struct rt_buf *out, uint16_t v)
{
    const uint8_t octets[] = {(uint8_t)v, (uint8_t)(v >> 8)};
    rt_buf_put(out, octets, sizeof octets);
}

static void put32(struct rt_buf *out, uint32_t v)
{
    put16(out, (uint16_t)v);
    put16(out, (uint16_t)(v >> 16));
}

/** Everything begins at a multiple of 4. */
static void pad(struct rt_buf *out, size_t n)
{
    rt_buf_put(out, "\0\0", (4 - n % 4) % 4);
}

/** Where a block begins; its length follows when it is known. */
static size_t begin(struct rt_buf *out, uint32_t type)
{
    size_t at = out->n;

    put32(out, type);
    put32(out, 0);
    return at;
}

/** The length stands at both ends. */
static void end(struct rt_buf *out, size_t at)
{
    uint32_t n = (uint32_t)(out->n - at) + 4;

    put32(out, n);
    if (!out->failed)
        memcpy(out->p + at + 4, out->p + out->n - 4, 4);
}

static void option(struct rt_buf *out, uint16_t code, const void *value, size_t n)
{
    put16(out, code);
    put16(out, (uint16_t)n);
    rt_buf_put(out, value, n);
    pad(out, n);
}

void gw_pcapng_section(struct rt_buf *out)
{
    size_t at = begin(out, BLOCK_SECTION);

    put32(out, BYTE_ORDER_MARK);
    put16(out, 1); /* version 1.0 */
    put16(out, 0);
    put32(out, UINT32_MAX); /* as long as the file turns out to be */
    put32(out, UINT32_MAX);
    end(out, at);
}

void gw_pcapng_interface(struct rt_buf *out, enum gw_pcapng_link link, const char *name)
{
    static const uint8_t resolution = MICROSECONDS;
    size_t at = begin(out, BLOCK_INTERFACE);

    put16(out, (uint16_t)link);
    put16(out, 0);
    put32(out, 0); /* packets are never cut */
    option(out, OPT_IF_NAME, name, strlen(name));
    option(out, OPT_IF_TSRESOL, &resolution, sizeof resolution);
    option(out, OPT_END, NULL, 0);
    end(out, at);
}

/** Little endian, wherever that may be. */
static void store32(uint8_t *to, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> 8 * i);
}

/* Every message of every call comes here: head and tail are each put as a whole. */
void gw_pcapng_packet(struct rt_buf *out, const struct gw_pcapng_packet *p)
{
    uint32_t len = (uint32_t)(p->part[0].n + p->part[1].n), padding = (4 - len % 4) % 4;
    uint32_t total = GW_PCAPNG_DATA_AT + len + padding + PACKET_TAIL;
    const uint32_t fields[] = {
        BLOCK_PACKET, total, p->interface, (uint32_t)((uint64_t)p->wall >> 32), (uint32_t)p->wall,
        len, /* kept */
        len /* on the line */};
    uint8_t head[GW_PCAPNG_DATA_AT];
    /* padding, epb_flags, the end of the options, the length again */
    uint8_t tail[3 + PACKET_TAIL] = {0}, *at = tail + padding;

    for (size_t i = 0; i < RT_COUNT(fields); i++)
        store32(head + 4 * i, fields[i]);
    store32(at, OPT_EPB_FLAGS | 4u << 16);
    store32(at + 4, p->sent ? OUTBOUND : INBOUND);
    store32(at + 12, total);
    rt_buf_reserve(out, total);
    rt_buf_put(out, head, sizeof head);
    rt_buf_put(out, p->part[0].p, p->part[0].n);
    rt_buf_put(out, p->part[1].p, p->part[1].n);
    rt_buf_put(out, tail, padding + PACKET_TAIL);
}

void gw_pcapng_comment(struct rt_buf *out, struct rt_str block, struct rt_str comment)
{
    size_t at = out->n;

    rt_buf_put(out, block.p, block.n - 8); /* without the end of the options and the length */
    option(out, OPT_COMMENT, comment.p, comment.n);
    option(out, OPT_END, NULL, 0);
    end(out, at);
}

void gw_pcapng_lapd(uint8_t out[GW_PCAPNG_LAPD_LEN], bool sent, bool network)
{
    /* a struct sockaddr_ll as Linux has it for D channels: all fields are big endian */
    const uint8_t header[GW_PCAPNG_LAPD_LEN] = {
        [1] = sent ? 4 : 0,              /* PACKET_OUTGOING, PACKET_HOST */
        [2] = 0x20,         [3] = 0xfd,  /* ARPHRD_LAPD */
        [6] = network,                   /* of the address only this octet is used */
        [14] = 0,           [15] = 0x30, /* ETH_P_LAPD */
    };

    memcpy(out, header, sizeof header);
}
