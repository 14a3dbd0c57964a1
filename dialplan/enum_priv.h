/* Between the two halves of enum.h. */
#ifndef DIALPLAN_ENUM_PRIV_H
#define DIALPLAN_ENUM_PRIV_H

#include "dialplan/enum.h"

/** Reads a name of at least one label into `out`, in lower case and without its final dot. False:
 * it is none. */
bool dp_enum_name_read(char out[RT_DNS_NAME_LEN], struct rt_str text);

#endif
