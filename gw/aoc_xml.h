/* Advice of charge as SIP carries it: application/vnd.etsi.aoc+xml of 3GPP TS 24.647 annex D. */
#ifndef GW_AOC_XML_H
#define GW_AOC_XML_H

#include "gw/aoc.h"
#include "gw/rt/buf.h"

struct gw_xml_error;

#define GW_AOC_TYPE  "application/vnd.etsi.aoc+xml"
#define GW_AOC_PARTS 3 /* one document may have one advice of each kind */

/** What a document says, in the order S, D, E. */
struct gw_aoc_parts {
    unsigned n;
    struct isdn_aoc part[GW_AOC_PARTS];
};

/** Reads a document. Elements that are not known are passed over. EBADMSG: `err` says why. */
int gw_aoc_xml_read(struct gw_aoc_parts *out, struct rt_str text, struct gw_xml_error *err);
/** Appends the document of one advice. What the schema has no words for is left out: user-to-user
 * information as an item, volumes and the associations of AOC-E. */
void gw_aoc_xml_write(struct rt_buf *out, const struct isdn_aoc *aoc);

#endif
