/* Memory for libosip2: a parse takes some 150 small pieces and gives all of them back at once. */
#ifndef SIP_ARENA_H
#define SIP_ARENA_H

#include <stdbool.h>

/** Makes libosip2 use it. Once per process, before any parse. */
void sip_arena_install(void);
/** From here on this thread's pieces come from the arena. */
void sip_arena_begin(void);
/** Back to malloc. True when everything came from the arena, so that nothing needs freeing. */
bool sip_arena_end(void);

#endif
