/* The version, in one place. */
#ifndef GW_VERSION_H
#define GW_VERSION_H

#define GW_VERSION "0.1.0"
/** When the manual pages were last true. */
#define GW_VERSION_DATE "November 22, 2026"

#endif
