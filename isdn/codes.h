/* Code points of elements that whoever owns a call sees too. */
#ifndef ISDN_CODES_H
#define ISDN_CODES_H

/** Progress descriptions (Q.931 4.5.23). */
enum isdn_ie_progress_description {
    ISDN_PI_NOT_END_TO_END = 1, /**< the call is not end-to-end ISDN */
    ISDN_PI_TARGET_NOT_ISDN = 2,
    ISDN_PI_ORIGIN_NOT_ISDN = 3,
    ISDN_PI_RETURNED = 4, /**< to the ISDN */
    ISDN_PI_INBAND = 8    /**< in-band information or a pattern is there */
};

/** Notification indicators (Q.931 4.5.22; EN 300 207-1, EN 300 369-1, EN 300 141-1). */
enum isdn_ie_notice {
    ISDN_NOTICE_SUSPENDED = 0x00,
    ISDN_NOTICE_RESUMED = 0x01,
    ISDN_NOTICE_WAITING = 0x60,
    ISDN_NOTICE_DIVERSION = 0x68,
    ISDN_NOTICE_TRANSFER_ALERTING = 0x69,
    ISDN_NOTICE_TRANSFER_ACTIVE = 0x6a,
    ISDN_NOTICE_REMOTE_HOLD = 0x79,
    ISDN_NOTICE_REMOTE_RETRIEVAL = 0x7a,
    ISDN_NOTICE_DIVERTING = 0x7b
};

/** Reasons of a redirecting number (EN 300 207-1). */
enum isdn_ie_reason {
    ISDN_REASON_UNKNOWN = 0,
    ISDN_REASON_BUSY = 1,
    ISDN_REASON_NO_REPLY = 2,
    ISDN_REASON_DEFLECTION = 4,
    ISDN_REASON_OUT_OF_ORDER = 9,
    ISDN_REASON_BY_CALLED = 10,
    ISDN_REASON_UNCONDITIONAL = 15
};

#endif
