/* A span inside the process: two of them joined back to back, for tests. Both must live in one
 * thread. */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdlib.h>

#define RING 16 /* payloads */

static int mem_open(struct isdn_io *io)
{
    io->ring = calloc(RING, io->size);
    return io->ring ? 0 : ENOMEM;
}

static void mem_close(struct isdn_io *io)
{
    if (io->peer)
        io->peer->peer = NULL;
    io->peer = NULL;
    free(io->ring);
    io->ring = NULL;
}

static bool mem_receive(struct isdn_io *io)
{
    const uint8_t *payload = NULL;

    io->alarm = io->peer ? ISDN_OK : ISDN_LOS;
    if (io->head != io->tail) {
        isdn_io_count(io, IO_RX);
        payload = io->ring + io->tail++ % RING * io->size;
    }
    isdn_io_spread(io, payload);
    return payload != NULL;
}

static void mem_send(struct isdn_io *io)
{
    struct isdn_io *peer = io->peer;

    isdn_io_gather(io);
    if (!peer || peer->head - peer->tail == RING)
        return;
    memcpy(peer->ring + peer->head++ % RING * peer->size, io->payload, io->size);
    isdn_io_count(io, IO_TX);
}

int isdn_memory_join(struct isdn_span *a, struct isdn_span *b)
{
    if (a->io.line != &isdn_line_mem || b->io.line != &isdn_line_mem || a->io.size != b->io.size)
        return EINVAL;
    a->io.peer = &b->io;
    b->io.peer = &a->io;
    return 0;
}

const struct isdn_line_ops isdn_line_mem = {
    .open = mem_open, .close = mem_close, .receive = mem_receive, .send = mem_send};
