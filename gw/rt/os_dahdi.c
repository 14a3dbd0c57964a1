/* DAHDI's device files: the only place that opens them. */
#include "gw/rt/dahdi.h"
#include "gw/rt/os_loop.h"
#include "gw/rt/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <dahdi/user.h>

_Static_assert(RT_DAHDI_PENDING == ELAST, "the driver's errno of a pending event");

#define CONTROL "/dev/dahdi/ctl"
#define CHANNEL "/dev/dahdi/channel"

struct rt_dahdi {
    int fd;
    struct rt_watch watch;
    rt_dahdi_fn *fn;
    void *arg;
};

/** A descriptor, or -1 with errno: a missing file is a missing driver. */
static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && (errno == ENOENT || errno == ENXIO))
        errno = ENODEV;
    return fd;
}

/** One request to the control device; 0 or errno. */
static int control(unsigned long request, void *arg)
{
    int fd = open_device(CONTROL);

    if (fd < 0)
        return errno;
    int err = ioctl(fd, request, arg) == 0 ? 0 : errno;
    close(fd);
    return err;
}

/* ---- spans ---- */

struct bit {
    unsigned theirs, ours;
};

static unsigned translate(const struct bit *table, size_t n, unsigned set)
{
    unsigned out = 0;

    for (size_t i = 0; i < n; i++)
        if (set & table[i].theirs)
            out |= table[i].ours;
    return out;
}

static unsigned alarms_of(unsigned set)
{
    static const struct bit table[] = {
        {DAHDI_ALARM_RED, RT_DAHDI_RED},         {DAHDI_ALARM_LOS, RT_DAHDI_RED},
        {DAHDI_ALARM_LFA, RT_DAHDI_RED},         {DAHDI_ALARM_YELLOW, RT_DAHDI_YELLOW},
        {DAHDI_ALARM_BLUE, RT_DAHDI_BLUE},       {DAHDI_ALARM_RECOVER, RT_DAHDI_RECOVER},
        {DAHDI_ALARM_LOOPBACK, RT_DAHDI_LOOPED}, {DAHDI_ALARM_NOTOPEN, RT_DAHDI_NOT_OPEN},
    };
    return translate(table, RT_COUNT(table), set);
}

static unsigned framing_of(unsigned set)
{
    static const struct bit table[] = {
        {DAHDI_CONFIG_D4, RT_DAHDI_D4},     {DAHDI_CONFIG_ESF, RT_DAHDI_ESF},
        {DAHDI_CONFIG_AMI, RT_DAHDI_AMI},   {DAHDI_CONFIG_B8ZS, RT_DAHDI_B8ZS},
        {DAHDI_CONFIG_CCS, RT_DAHDI_CCS},   {DAHDI_CONFIG_HDB3, RT_DAHDI_HDB3},
        {DAHDI_CONFIG_CRC4, RT_DAHDI_CRC4},
    };
    return translate(table, RT_COUNT(table), set);
}

int rt_dahdi_span(struct rt_dahdi_span *out, unsigned span)
{
    struct dahdi_spaninfo si = {.spanno = (int)span};
    int err = control(DAHDI_SPANSTAT, &si);

    if (err != 0)
        return err == EINVAL ? ENOENT : err;
    *out = (struct rt_dahdi_span){
        .channels = (unsigned)si.totalchans,
        .alarms = alarms_of((unsigned)si.alarms),
        .framing = framing_of((unsigned)si.lineconfig),
        /* a driver counts one of each pair */
        .violations = si.cvcount + (uint32_t)si.bpvcount,
        .frame_errors = si.fecount + (uint32_t)si.fascount,
        .crc_errors = (uint32_t)si.crc4count,
        .e_bits = (uint32_t)si.ebitcount,
        .errored_seconds = si.errsec,
        .irq_misses = (uint32_t)si.irqmisses,
    };
    memcpy(out->name, si.name, sizeof out->name);
    out->name[sizeof out->name - 1] = '\0';
    return 0;
}

int rt_dahdi_loop(unsigned span, enum rt_dahdi_loop loop)
{
    static const int command[] = {[RT_DAHDI_LOOP_OFF] = DAHDI_MAINT_NONE,
                                  [RT_DAHDI_LOOP_LOCAL] = DAHDI_MAINT_LOCALLOOP,
                                  [RT_DAHDI_LOOP_REMOTE] = DAHDI_MAINT_NETWORKLINELOOP};
    struct dahdi_maintinfo m = {.spanno = (int)span, .command = command[loop]};

    return control(DAHDI_MAINT, &m);
}

/* ---- channels ---- */

static enum rt_dahdi_kind kind_of(unsigned sig)
{
    if (sig == DAHDI_SIG_NONE)
        return RT_DAHDI_UNUSED;
    if (sig == DAHDI_SIG_CLEAR)
        return RT_DAHDI_CLEAR;
    if (sig == DAHDI_SIG_HDLCFCS || sig == DAHDI_SIG_HARDHDLC)
        return RT_DAHDI_HDLC;
    return RT_DAHDI_OTHER;
}

int rt_dahdi_find(struct rt_dahdi_place out[32], unsigned span)
{
    int fd = open_device(CONTROL);

    if (fd < 0)
        return errno;
    memset(out, 0, 32 * sizeof *out);
    for (unsigned n = 1; n <= DAHDI_MAX_CHANNELS; n++) {
        struct dahdi_params p = {.channo = (int)n};
        if (ioctl(fd, DAHDI_GET_PARAMS, &p) != 0 || p.spanno != (int)span)
            continue;
        if (p.chanpos >= 1 && p.chanpos < 32)
            out[p.chanpos] = (struct rt_dahdi_place){n, kind_of((unsigned)p.sigtype)};
    }
    close(fd);
    return 0;
}

int rt_dahdi_open(struct rt_dahdi **out, unsigned channel)
{
    struct rt_dahdi *d = calloc(1, sizeof *d);
    int number = (int)channel;

    if (!d)
        return ENOMEM;
    d->fd = open_device(CHANNEL);
    if (d->fd < 0 || ioctl(d->fd, DAHDI_SPECIFY, &number) != 0) {
        int err = errno == EINVAL ? ENXIO : errno;
        rt_dahdi_close(d);
        return err;
    }
    *out = d;
    return 0;
}

void rt_dahdi_close(struct rt_dahdi *d)
{
    if (!d)
        return;
    rt_watch_stop(&d->watch);
    if (d->fd >= 0)
        close(d->fd);
    free(d);
}

static void on_ready(void *arg, uint32_t events)
{
    struct rt_dahdi *d = arg;

    d->fn(d->arg, (events & EPOLLIN) != 0, (events & (EPOLLPRI | EPOLLERR | EPOLLHUP)) != 0);
}

int rt_dahdi_watch(struct rt_dahdi *d, struct rt_loop *loop, rt_dahdi_fn *fn, void *arg)
{
    d->fn = fn;
    d->arg = arg;
    return rt_watch_start(&d->watch, loop, d->fd, EPOLLIN | EPOLLPRI, on_ready, d);
}

/** One request to a channel; 0 or errno. */
static int request(struct rt_dahdi *d, unsigned long what, void *arg)
{
    return ioctl(d->fd, what, arg) == 0 ? 0 : errno;
}

int rt_dahdi_buffers(struct rt_dahdi *d, unsigned size, unsigned count)
{
    struct dahdi_bufferinfo bi = {.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
                                  .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
                                  .numbufs = (int)count,
                                  .bufsize = (int)size};
    return request(d, DAHDI_SET_BUFINFO, &bi);
}

int rt_dahdi_law(struct rt_dahdi *d, bool alaw)
{
    int law = alaw ? DAHDI_LAW_ALAW : DAHDI_LAW_MULAW;
    return request(d, DAHDI_SETLAW, &law);
}

int rt_dahdi_sound(struct rt_dahdi *d, bool on)
{
    int mode = on;
    return request(d, DAHDI_AUDIOMODE, &mode);
}

int rt_dahdi_gains(struct rt_dahdi *d, const uint8_t rx[256], const uint8_t tx[256])
{
    struct dahdi_gains g = {.chan = 0};

    memcpy(g.rxgain, rx, sizeof g.rxgain);
    memcpy(g.txgain, tx, sizeof g.txgain);
    return request(d, DAHDI_SETGAINS, &g);
}

int rt_dahdi_echo(struct rt_dahdi *d, unsigned taps)
{
    int n = (int)taps;
    return request(d, DAHDI_ECHOCANCEL, &n);
}

int rt_dahdi_tell_dry(struct rt_dahdi *d, bool on)
{
    int flag = on;
    return request(d, DAHDI_BUFFER_EVENTS, &flag);
}

int rt_dahdi_flush(struct rt_dahdi *d, unsigned what)
{
    int flags = (what & RT_DAHDI_RECEIVED ? DAHDI_FLUSH_READ : 0) |
                (what & RT_DAHDI_TO_SEND ? DAHDI_FLUSH_WRITE : 0);
    return request(d, DAHDI_FLUSH, &flags);
}

int rt_dahdi_read(struct rt_dahdi *d, void *buf, size_t cap, size_t *len)
{
    ssize_t n = read(d->fd, buf, cap);

    if (n < 0)
        return errno;
    *len = (size_t)n;
    return 0;
}

int rt_dahdi_write(struct rt_dahdi *d, const void *buf, size_t len)
{
    return write(d->fd, buf, len) < 0 ? errno : 0;
}

enum rt_dahdi_event rt_dahdi_event(struct rt_dahdi *d)
{
    int event = DAHDI_EVENT_NONE;

    if (request(d, DAHDI_GETEVENT, &event) != 0)
        return RT_DAHDI_REMOVED;
    switch (event) {
    case DAHDI_EVENT_NONE:
        return RT_DAHDI_NO_EVENT;
    case DAHDI_EVENT_ALARM:
        return RT_DAHDI_ALARM_ON;
    case DAHDI_EVENT_NOALARM:
        return RT_DAHDI_ALARM_OFF;
    case DAHDI_EVENT_ABORT:
    case DAHDI_EVENT_OVERRUN:
    case DAHDI_EVENT_BADFCS:
        return RT_DAHDI_BAD_FRAME;
    case DAHDI_EVENT_WRITE_UNDERRUN:
        return RT_DAHDI_DRY;
    case DAHDI_EVENT_REMOVED:
        return RT_DAHDI_REMOVED;
    default:
        return RT_DAHDI_OTHER_EVENT;
    }
}
