/* dahdifloor: the floor of the DAHDI benchmark, a loop that moves octets and does nothing else.
 *
 *   dahdifloor BLOCK CALLS FIRST...
 *
 * Opens the 30 B channels of each E1 whose first channel is given, waits for a block of each span's
 * first one, as tandem does, and sends back what it reads on as many channels of the first span as
 * there are CALLS. Runs until it is killed.
 */
#include <dahdi/user.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SPANS     4
#define CHANNELS  30
#define DCHANNEL  16
#define BLOCK_MAX 160
#define BUFFERS   32

static int fds[SPANS][CHANNELS];

static int open_channel(int number, int block)
{
    struct dahdi_bufferinfo info = {.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
                                    .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
                                    .numbufs = BUFFERS,
                                    .bufsize = block};
    int fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);

    if (fd < 0 || ioctl(fd, DAHDI_SPECIFY, &number) != 0 ||
        ioctl(fd, DAHDI_SET_BUFINFO, &info) != 0) {
        perror("dahdifloor: channel");
        exit(1);
    }
    return fd;
}

/** True: one block came, and was sent back. */
static int echo(int fd, size_t block)
{
    uint8_t octets[BLOCK_MAX];

    return read(fd, octets, block) > 0 && write(fd, octets, block) > 0;
}

static void serve(const int *channels, size_t block, int calls)
{
    for (int i = 0; i < calls; i++)
        echo(channels[i], block);
}

/** A pending event makes DAHDI refuse everything else. */
static void drop_event(int fd)
{
    int event;

    ioctl(fd, DAHDI_GETEVENT, &event);
}

int main(int argc, char **argv)
{
    struct pollfd ready[SPANS];
    uint8_t octets[BLOCK_MAX];
    int spans = argc - 3, block = argc > 3 ? atoi(argv[1]) : 0,
        calls = argc > 3 ? atoi(argv[2]) : 0;

    if (spans < 1 || spans > SPANS || block < 16 || block > BLOCK_MAX || calls > CHANNELS) {
        fprintf(stderr, "usage: dahdifloor BLOCK CALLS FIRST...\n");
        return 2;
    }
    for (int s = 0; s < spans; s++) {
        for (int c = 0; c < CHANNELS; c++)
            fds[s][c] = open_channel(atoi(argv[3 + s]) + c + (c + 1 >= DCHANNEL), block);
        ready[s] = (struct pollfd){.fd = fds[s][0], .events = POLLIN | POLLPRI};
    }
    while (poll(ready, (nfds_t)spans, -1) > 0) {
        for (int s = 0; s < spans; s++) {
            if (ready[s].revents & POLLPRI)
                drop_event(ready[s].fd);
            if (!(ready[s].revents & POLLIN))
                continue;
            if (s == 0 && calls > 0)
                serve(fds[s], (size_t)block, calls);
            else if (read(ready[s].fd, octets, (size_t)block) < 0)
                drop_event(ready[s].fd);
        }
    }
    return 1;
}
