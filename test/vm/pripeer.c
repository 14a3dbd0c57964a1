/* pripeer: the far end of a primary rate line by somebody else's stack: libpri on DAHDI's drivers
 * as libpri's authors meant it, with no line of tandem in it. It answers every call, places calls,
 * and echoes or checks what it hears. What tandem and this program disagree about is tandem's fault
 * until proved otherwise.
 *
 *   pripeer user|network FIRST DCHANNEL echo|pattern
 *
 * FIRST is DAHDI's number of timeslot 1. Commands on standard input, one a line: `call NUMBER
 * TIMESLOT [data]`, `hangup TIMESLOT`, `restart TIMESLOT`. Events are JSON lines on standard
 * output.
 */
#include "test/audio/pattern.h"

#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <libpri.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#define SLOTS 32
#define BLOCK 160

/** A B channel and the call on it. */
struct bearer {
    int fd; /**< 0: no call was answered here */
    q931_call *call;
    const char *direction;
    uint32_t place;
    struct audio_heard heard;
};

struct peer {
    struct pri *pri;
    int dchannel, first;
    bool pattern;
    struct bearer bearers[SLOTS];
};

static void die(const char *what)
{
    fprintf(stderr, "pripeer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void on_error(struct pri *pri, char *text)
{
    (void)pri;
    fprintf(stderr, "%s", text);
}

/* ---- channels ---- */

static int open_channel(int number, int block, int blocks)
{
    struct dahdi_bufferinfo info = {.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
                                    .txbufpolicy = DAHDI_POLICY_IMMEDIATE,
                                    .numbufs = blocks,
                                    .bufsize = block};
    int fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);

    if (fd < 0 || ioctl(fd, DAHDI_SPECIFY, &number) != 0 ||
        ioctl(fd, DAHDI_SET_BUFINFO, &info) != 0)
        die("channel");
    return fd;
}

/** A pending event makes read and write fail until it is fetched. */
static void fetch_event(int fd)
{
    int event = 0;

    ioctl(fd, DAHDI_GETEVENT, &event);
}

static void speak(const struct peer *p, struct bearer *b, uint8_t *block, size_t n)
{
    if (p->pattern) {
        audio_pattern_fill(block, n, b->place);
        b->place += (uint32_t)n;
    }
    if (write(b->fd, block, n) < 0 && errno == ELAST)
        fetch_event(b->fd);
}

static void bearer_open(struct peer *p, int slot)
{
    struct bearer *b = &p->bearers[slot];
    uint8_t silence[BLOCK];

    b->fd = open_channel(p->first + slot - 1, BLOCK, 8);
    b->place = 0;
    b->heard = (struct audio_heard){0};
    memset(silence, 0xd5, sizeof silence);
    for (int i = 0; i < 2; i++)
        speak(p, b, silence, sizeof silence);
    printf("{\"event\": \"answered\", \"channel\": %d, \"direction\": \"%s\"}\n", slot,
           b->direction);
}

static void bearer_hear(struct peer *p, struct bearer *b)
{
    uint8_t block[BLOCK];
    ssize_t n;

    while ((n = read(b->fd, block, sizeof block)) > 0) {
        audio_pattern_hear(&b->heard, block, (size_t)n);
        speak(p, b, block, (size_t)n);
    }
    if (n < 0 && errno == ELAST)
        fetch_event(b->fd);
}

static void bearer_close(struct peer *p, int slot, int cause)
{
    struct bearer *b = &p->bearers[slot];

    if (!b->direction)
        return;
    printf("{\"event\": \"released\", \"channel\": %d, \"direction\": \"%s\", \"cause\": %d, "
           "\"answered\": %s, \"before\": %lu, \"fit\": %lu, \"damaged\": %lu, \"slips\": %lu, "
           "\"last\": %lu, \"jump\": %ld}\n",
           slot, b->direction, cause, b->fd ? "true" : "false", b->heard.before, b->heard.fit,
           b->heard.damaged, b->heard.slips, b->heard.last, b->heard.jump);
    if (b->fd)
        close(b->fd);
    *b = (struct bearer){0};
}

/* ---- calls ---- */

static int slot_of(int channel)
{
    return channel & 0xff & (SLOTS - 1);
}

static int slot_of_call(const struct peer *p, const q931_call *call)
{
    for (int i = 1; i < SLOTS; i++) {
        if (p->bearers[i].call == call)
            return i;
    }
    return 0;
}

static void on_ring(struct peer *p, const pri_event_ring *r)
{
    int slot = slot_of(r->channel);

    printf("{\"event\": \"arrived\", \"channel\": %d, \"called\": \"%s\", \"caller\": \"%s\", "
           "\"bearer\": %d, \"complete\": %s}\n",
           slot, r->callednum, r->callingnum, r->ctype, r->complete ? "true" : "false");
    if (p->bearers[slot].direction) {
        pri_hangup(p->pri, r->call, PRI_CAUSE_REQUESTED_CHAN_UNAVAIL);
        return;
    }
    p->bearers[slot].call = r->call;
    p->bearers[slot].direction = "in";
    pri_proceeding(p->pri, r->call, r->channel, 0);
    pri_acknowledge(p->pri, r->call, r->channel, 0);
    pri_answer(p->pri, r->call, r->channel, 0);
    bearer_open(p, slot);
}

static void on_answer(struct peer *p, const pri_event_answer *a)
{
    int slot = slot_of_call(p, a->call);

    if (slot != 0 && p->bearers[slot].fd == 0)
        bearer_open(p, slot);
}

/** RESTART, from either side: the call on the channel is forgotten. */
static void forget(struct peer *p, int slot)
{
    if (p->bearers[slot].call)
        pri_destroycall(p->pri, p->bearers[slot].call);
    bearer_close(p, slot, 0);
}

static void on_event(struct peer *p, pri_event *e)
{
    if (!e)
        return;
    switch (e->e) {
    case PRI_EVENT_DCHAN_UP:
    case PRI_EVENT_DCHAN_DOWN:
        printf("{\"event\": \"dchannel\", \"up\": %s}\n",
               e->e == PRI_EVENT_DCHAN_UP ? "true" : "false");
        break;
    case PRI_EVENT_RING:
        on_ring(p, &e->ring);
        break;
    case PRI_EVENT_ANSWER:
        on_answer(p, &e->answer);
        break;
    case PRI_EVENT_HANGUP_REQ:
    case PRI_EVENT_HANGUP:
        bearer_close(p, slot_of_call(p, e->hangup.call), e->hangup.cause);
        pri_hangup(p->pri, e->hangup.call, -1);
        break;
    case PRI_EVENT_RESTART:
        forget(p, slot_of(e->restart.channel));
        /* fall through */
    case PRI_EVENT_RESTART_ACK:
        printf("{\"event\": \"%s\", \"channel\": %d}\n",
               e->e == PRI_EVENT_RESTART ? "restarted" : "restart_ack", e->restart.channel & 0xff);
        break;
    default:
        break;
    }
}

static void place(struct peer *p, char *number, int slot, bool data)
{
    struct pri_sr *sr = pri_sr_new();
    q931_call *call = pri_new_call(p->pri);
    char caller[] = "301234567";

    pri_sr_set_channel(sr, slot, 1, 0);
    pri_sr_set_bearer(sr, data ? PRI_TRANS_CAP_DIGITAL : PRI_TRANS_CAP_3_1K_AUDIO,
                      data ? 0 : PRI_LAYER_1_ALAW);
    pri_sr_set_caller(sr, caller, NULL, PRI_NATIONAL_ISDN, PRES_ALLOWED_USER_NUMBER_PASSED_SCREEN);
    pri_sr_set_called(sr, number, PRI_INTERNATIONAL_ISDN, 1);
    p->bearers[slot].call = call;
    p->bearers[slot].direction = "out";
    if (pri_setup(p->pri, call, sr) != 0)
        die("pri_setup");
    pri_sr_free(sr);
}

static void restart(struct peer *p, int slot)
{
    forget(p, slot);
    pri_reset(p->pri, slot);
}

static void command(struct peer *p, char *line)
{
    char number[64];
    int slot, data = 0;

    if (sscanf(line, "call %63[0-9] %d %n", number, &slot, &data) == 2)
        place(p, number, slot_of(slot), strncmp(line + data, "data", 4) == 0);
    else if (sscanf(line, "hangup %d", &slot) == 1 && p->bearers[slot_of(slot)].call)
        pri_hangup(p->pri, p->bearers[slot_of(slot)].call, PRI_CAUSE_NORMAL_CLEARING);
    else if (sscanf(line, "restart %d", &slot) == 1)
        restart(p, slot_of(slot));
    else
        fprintf(stderr, "pripeer: what is \"%s\"\n", line);
}

/* ---- the loop ---- */

/** Milliseconds until libpri's next timer, 1 s at most. */
static int until_timer(const struct peer *p)
{
    struct timeval now, left, *due = pri_schedule_next(p->pri);

    gettimeofday(&now, NULL);
    if (!due)
        return 1000;
    if (timercmp(due, &now, <))
        return 0;
    timersub(due, &now, &left);
    return left.tv_sec > 0 ? 1000 : (int)(left.tv_usec / 1000) + 1;
}

static void run_dchannel(struct peer *p, short revents)
{
    if (revents & POLLPRI)
        fetch_event(p->dchannel);
    on_event(p, pri_schedule_run(p->pri));
    if (revents & POLLIN)
        on_event(p, pri_check_event(p->pri));
}

static void run(struct peer *p)
{
    char line[256];
    struct pollfd fds[SLOTS + 1];

    for (;;) {
        fds[0] = (struct pollfd){.fd = p->dchannel, .events = POLLIN | POLLPRI};
        for (int i = 1; i < SLOTS; i++)
            fds[i] = (struct pollfd){.fd = p->bearers[i].fd ? p->bearers[i].fd : -1,
                                     .events = POLLIN | POLLPRI};
        fds[SLOTS] = (struct pollfd){.fd = 0, .events = POLLIN};
        if (poll(fds, SLOTS + 1, until_timer(p)) < 0)
            die("poll");
        for (int i = 1; i < SLOTS; i++) {
            if (fds[i].revents)
                bearer_hear(p, &p->bearers[i]);
        }
        run_dchannel(p, fds[0].revents);
        if (fds[SLOTS].revents) {
            if (!fgets(line, sizeof line, stdin))
                return;
            command(p, line);
        }
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    const struct sched_param urgent = {.sched_priority = 10}; /* as tandem has it */
    static struct peer p;

    if (argc != 5) {
        fprintf(stderr, "usage: pripeer user|network FIRST DCHANNEL echo|pattern\n");
        return 2;
    }
    if (sched_setscheduler(0, SCHED_FIFO, &urgent) != 0)
        die("sched_setscheduler");
    setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees what is not read */
    pri_set_error(on_error);
    p.first = atoi(argv[2]);
    p.pattern = strcmp(argv[4], "pattern") == 0;
    p.dchannel = open_channel(p.first + atoi(argv[3]) - 1, 1024, 32);
    p.pri = pri_new(p.dchannel, strcmp(argv[1], "network") == 0 ? PRI_NETWORK : PRI_CPE,
                    PRI_SWITCH_EUROISDN_E1);
    if (!p.pri)
        die("pri_new");
    run(&p);
    return 0;
}
