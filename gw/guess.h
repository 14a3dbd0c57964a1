/* Guesses of SIP passwords: who gave wrong credentials too often is not looked at for a while.
 *
 * A user at one address may be wrong ten times at once and then once in 30 s; all users together,
 * from one address that has not been theirs within the hour, 100 times and then once in a second.
 * So one who guesses neither gets far nor shuts out anybody at another address.
 */
#ifndef GW_GUESS_H
#define GW_GUESS_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/time.h"

struct gw_guesses;

/** A table of fixed size. ENOMEM. */
int gw_guesses_new(struct gw_guesses **out);
/** NULL is allowed. */
void gw_guesses_free(struct gw_guesses *g);

/** Whether credentials of that user from there may be looked at. */
bool gw_guesses_allow(const struct gw_guesses *g, const union rt_addr *from, struct rt_str user,
                      rt_time now);
/** They were looked at, and were right. */
void gw_guesses_right(struct gw_guesses *g, const union rt_addr *from, struct rt_str user,
                      rt_time now);
/** They were looked at, and were wrong: `credentials` as they came. The same once more, as of a
 * datagram that the network doubled or the user repeats, are no other try. */
void gw_guesses_wrong(struct gw_guesses *g, const union rt_addr *from, struct rt_str user,
                      struct rt_str credentials, rt_time now);

#endif
