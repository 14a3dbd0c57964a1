/* Who may reach our UDP sockets while we are flooded: the kernel is told, so that what is not
 * listened to takes neither time nor room in the queue. */
#ifndef SIP_SIEVE_H
#define SIP_SIEVE_H

#include "sip/ua.h"

struct sip_sieve;

/** ENOMEM. Guard and transports have to be there. */
int sip_sieve_new(struct sip_sieve **out, struct sip_ua *ua);
void sip_sieve_free(struct sip_sieve *v);
/** Somebody has offended: from now on it is looked whether that is a flood. */
void sip_sieve_stir(struct sip_sieve *v);

#endif
