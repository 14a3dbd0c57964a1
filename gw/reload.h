/* Certificates and users of the present plan, read again while calls go on: by a thread, since a
 * disk may hang. What it has read counts from then on; what cannot be read stays as it was, and the
 * log says so. Signalling thread only.
 */
#ifndef GW_RELOAD_H
#define GW_RELOAD_H

struct gw;
struct gw_reload;

/** Reads both. Asked while it still reads, it reads once more afterwards: what the files had at the
 * last call is what counts. */
void gw_reload(struct gw *gw);
/** Reads the users alone. */
void gw_reload_users(struct gw *gw);

/** Waits for what is being read as rt_threads_end_by() says. NULL is allowed. */
void gw_reload_free(struct gw_reload *r);

#endif
