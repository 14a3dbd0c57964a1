/* Telephone interface cards through DAHDI's device files: spans, and channels opened one by one.
 *
 * The driver hands out octets in blocks of the size asked for: one read is one block, or one frame
 * on an HDLC channel. Everything that is not sound comes as an event, and as long as one waits
 * nothing else is done on the channel: reading and writing answer RT_DAHDI_PENDING.
 *
 * os_dahdi.c does it with the kernel's driver; test/fake/ plays the cards. Configuring the cards is
 * the business of dahdi_cfg alone.
 */
#ifndef GW_RT_DAHDI_H
#define GW_RT_DAHDI_H

#include "gw/rt/loop.h"

#include <stdint.h>

/* ---- spans ---- */

/** Alarms, a set. */
enum rt_dahdi_alarm {
    RT_DAHDI_RED = 1,      /**< nothing is received */
    RT_DAHDI_YELLOW = 2,   /**< the far end does not receive */
    RT_DAHDI_BLUE = 4,     /**< the far end's own line is dead */
    RT_DAHDI_RECOVER = 8,  /**< an alarm is over, the card still waits */
    RT_DAHDI_LOOPED = 16,  /**< in a maintenance loop */
    RT_DAHDI_NOT_OPEN = 32 /**< the card does not serve this span */
};

/** Framing and line code, a set. */
enum rt_dahdi_framing {
    RT_DAHDI_D4 = 1,
    RT_DAHDI_ESF = 2,
    RT_DAHDI_AMI = 4,
    RT_DAHDI_B8ZS = 8,
    RT_DAHDI_CCS = 16,
    RT_DAHDI_HDB3 = 32,
    RT_DAHDI_CRC4 = 64
};

/** A span as the driver describes it. Counters are since the driver was loaded; what a card does
 * not count stays 0. */
struct rt_dahdi_span {
    char name[20];
    unsigned channels; /**< 31 on E1, 24 on T1 */
    unsigned alarms;   /**< enum rt_dahdi_alarm */
    unsigned framing;  /**< enum rt_dahdi_framing; 0: the driver does not say */
    uint32_t violations, crc_errors, e_bits, frame_errors, errored_seconds, irq_misses;
};
/** ENOENT: there is no such span; ENODEV: no driver is loaded; EACCES: not allowed. */
int rt_dahdi_span(struct rt_dahdi_span *out, unsigned span);

enum rt_dahdi_loop { RT_DAHDI_LOOP_OFF, RT_DAHDI_LOOP_LOCAL, RT_DAHDI_LOOP_REMOTE };
/** Closes or opens a maintenance loop. ENOSYS: the card has none. */
int rt_dahdi_loop(unsigned span, enum rt_dahdi_loop loop);

/* ---- channels ---- */

/** What dahdi_cfg made of a channel. */
enum rt_dahdi_kind {
    RT_DAHDI_UNUSED, /**< nothing yet */
    RT_DAHDI_CLEAR,  /**< a B channel (`bchan=`) */
    RT_DAHDI_HDLC,   /**< a D channel whose frames the driver checks (`dchan=`, `hardhdlc=`) */
    RT_DAHDI_OTHER
};

struct rt_dahdi_place {
    unsigned channel; /**< its number among all channels */
    enum rt_dahdi_kind kind;
};
/** Finds the channels of a span: `out[n]` is that of position n (1..31; positions that are not
 * there are zeroed). ENODEV, EACCES. */
int rt_dahdi_find(struct rt_dahdi_place out[32], unsigned span);

struct rt_dahdi;

/** The errno of a channel on which an event waits: the driver's ELAST. */
#define RT_DAHDI_PENDING 500

/** Opens channel `channel` for reading and writing without waiting. ENXIO: dahdi_cfg has not
 * configured it; EBUSY: another process has it; ENODEV, EACCES. */
int rt_dahdi_open(struct rt_dahdi **out, unsigned channel);
/** NULL is allowed. */
void rt_dahdi_close(struct rt_dahdi *d);

/** `readable`: a block or frame waits; `event`: an event does, or the device is gone. */
typedef void rt_dahdi_fn(void *arg, bool readable, bool event);
/** Calls `fn` while either holds. */
int rt_dahdi_watch(struct rt_dahdi *d, struct rt_loop *loop, rt_dahdi_fn *fn, void *arg);

/** The smallest block that the driver takes. */
#define RT_DAHDI_BLOCK_MIN 16
/** `count` (2..32) buffers of `size` octets each way; what is received or written first is handed
 * on at once. */
int rt_dahdi_buffers(struct rt_dahdi *d, unsigned size, unsigned count);
int rt_dahdi_law(struct rt_dahdi *d, bool alaw);
/** Sound (gains and echo canceller can be had), or 64 kbit/s passed as they are: this takes gains
 * and echo canceller away. */
int rt_dahdi_sound(struct rt_dahdi *d, bool on);
/** What each octet becomes that is received, and that is sent. */
int rt_dahdi_gains(struct rt_dahdi *d, const uint8_t rx[256], const uint8_t tx[256]);
/** Puts an echo canceller of `taps` (8 a millisecond: 32, 64, ... 1024) on the channel; 0: takes it
 * away. ENODEV: dahdi_cfg attached none to this channel. */
int rt_dahdi_echo(struct rt_dahdi *d, unsigned taps);

/** Whether RT_DAHDI_DRY is told of the channel. */
int rt_dahdi_tell_dry(struct rt_dahdi *d, bool on);

enum { RT_DAHDI_RECEIVED = 1, RT_DAHDI_TO_SEND = 2 };
/** Forgets what waits in the buffers: RT_DAHDI_RECEIVED, RT_DAHDI_TO_SEND or both. */
int rt_dahdi_flush(struct rt_dahdi *d, unsigned what);

/** Takes one block or frame (with its two octets of check sequence); what does not fit is lost.
 * EAGAIN: none waits. RT_DAHDI_PENDING; ENODEV: the device is gone. */
int rt_dahdi_read(struct rt_dahdi *d, void *buf, size_t cap, size_t *len);
/** Queues one block or frame; of a frame the last two octets are replaced by the check sequence.
 * EAGAIN: no buffer is free. RT_DAHDI_PENDING, ENODEV. */
int rt_dahdi_write(struct rt_dahdi *d, const void *buf, size_t len);

enum rt_dahdi_event {
    RT_DAHDI_NO_EVENT,
    RT_DAHDI_ALARM_ON,
    RT_DAHDI_ALARM_OFF,
    RT_DAHDI_BAD_FRAME, /**< check sequence, abort or overrun of an HDLC channel */
    RT_DAHDI_REMOVED,   /**< the device is gone: close the channel */
    RT_DAHDI_DRY,       /**< nothing was left to send, silence was sent; once each time */
    RT_DAHDI_OTHER_EVENT
};
/** Takes the oldest event. */
enum rt_dahdi_event rt_dahdi_event(struct rt_dahdi *d);

#endif
