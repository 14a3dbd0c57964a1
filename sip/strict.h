/* What a lenient reader would repair, each in its own way. */
#ifndef SIP_STRICT_H
#define SIP_STRICT_H

#include "sip/message.h"

/** False: names, addresses or line ends of the header section are not what RFC 3261 25 allows, or a
 * field stands twice that may stand once, so that a proxy before us may have understood somebody
 * else or something else. Counted. `head` is the section with its empty line. */
bool sip_strict(const struct sip_msg *m, struct rt_str head);

#endif
