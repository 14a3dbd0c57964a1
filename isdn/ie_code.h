/* What the readers and writers of elements share: groups of octets, of which the last has bit 8 set
 * (4.5.1), and IA5 text.
 *
 * Readers are lenient as 5.8.5 to 5.8.7 ask: spare bits, octets after the known ones and unknown
 * values are read over; EINVAL means that the contents cannot be what the element says, and that
 * the element is to be ignored (`*out` is all zero then). Writers are strict: EINVAL for a value
 * that has no room in its bits.
 */
#ifndef ISDN_IE_CODE_H
#define ISDN_IE_CODE_H

#include "isdn/ie.h"

/** Reads a group without its extension bits, into at most `max`; returns how many were stored. A
 * group that does not end makes the reader fail. */
size_t isdn_ie_read_group(struct rt_reader *r, uint8_t *out, size_t max);
void isdn_ie_write_group(struct rt_writer *w, const uint8_t *values, size_t n);

/** Reads all that is left as IA5 with a NUL. EINVAL: a control character, or no room. */
int isdn_ie_read_ia5(struct rt_reader *r, char *out, size_t cap);
/** EINVAL: a control character, or not of seven bits. */
int isdn_ie_write_ia5(struct rt_writer *w, const char *text);

static inline struct rt_reader isdn_ie_reader(const struct isdn_ie *ie)
{
    return rt_reader(ie->p, ie->len);
}

#endif
