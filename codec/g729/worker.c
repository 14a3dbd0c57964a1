/* tandem-g729: codes G.729 annexes A and B for the gateway, by bcg729, in a process of its own.
 *
 * usage: tandem-g729 THREADS PRIORITY     started by tandem, not by hand
 *
 * Descriptor 3 is the memory that both share, descriptor 4 a pipe that nothing is written to: it
 * ends when the gateway does, however that ends. PRIORITY is real-time priority, taken where it is
 * permitted; 0: none. Whatever the gateway may do as root is given up before the first octet.
 *
 * bcg729 is licensed under version 3 of the GNU General Public License or later, so this program as
 * a whole is, too; this file by itself is licensed as the rest of tandem.
 */
#include "codec/g729/serve.h"

#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <errno.h>
#include <grp.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY 3
#define ALIVE  4
#define NOBODY 65534

/** CPU time at real-time priority without a rest, after which a thread loses it: neither a loop nor
 * too much work takes the computer with it. */
#define RESTLESS 500000 /* us */

/* ---- the coder ---- */

static void *encoder_new(bool annex_b)
{
    return initBcg729EncoderChannel(annex_b);
}

static void encoder_free(void *encoder)
{
    closeBcg729EncoderChannel(encoder);
}

static size_t encode(void *encoder, uint8_t out[G729_FRAME_OCTETS], const int16_t *pcm)
{
    uint8_t len = 0;

    bcg729Encoder(encoder, pcm, out, &len);
    return len;
}

static void *decoder_new(void)
{
    return initBcg729DecoderChannel();
}

static void decoder_free(void *decoder)
{
    closeBcg729DecoderChannel(decoder);
}

static void decode(void *decoder, int16_t *pcm, const uint8_t *frame, size_t len)
{
    bcg729Decoder(decoder, len > 0 ? frame : NULL, (uint8_t)len, len == 0, len == G729_SID_OCTETS,
                  0, pcm);
}

static const struct g729_coder coder = {encoder_new, encoder_free, encode,
                                        decoder_new, decoder_free, decode};

/* ---- threads ---- */

struct thread {
    struct g729_server *server;
    struct g729_thread *shared;
    int priority;
};

/** The kernel tells the thread itself, while it runs. */
static void on_restless(int signo)
{
    const struct sched_param ordinary = {.sched_priority = 0};
    int kept = errno;

    (void)signo;
    sched_setscheduler(0, SCHED_OTHER, &ordinary);
    errno = kept;
}

static void raise_priority(int priority)
{
    const struct sched_param param = {.sched_priority = priority};
    const struct rlimit limit = {RESTLESS, RLIM_INFINITY};

    signal(SIGXCPU, on_restless);
    if (priority > 0 && setrlimit(RLIMIT_RTTIME, &limit) == 0)
        sched_setscheduler(0, SCHED_FIFO, &param); /* refused: it is an ordinary thread */
}

static void *run(void *arg)
{
    struct thread *t = arg;

    raise_priority(t->priority);
    for (;;) {
        while (g729_server_work(t->server) > 0)
            continue;
        if (!g729_server_rest(t->server))
            continue;
        /* returns at once when it was woken in between, and may return for no reason */
        while (atomic_load(&t->shared->sleeping) == 1)
            syscall(SYS_futex, &t->shared->sleeping, FUTEX_WAIT, 1, NULL, NULL, 0);
    }
    return NULL;
}

static int start(struct g729_shared *s, unsigned threads, int priority)
{
    for (unsigned i = 0; i < threads; i++) {
        struct thread *t = calloc(1, sizeof *t); /* lives as long as the process */
        pthread_t id;
        if (!t || !(t->server = g729_server_new(s, i, &coder)))
            return ENOMEM;
        t->shared = &s->thread[i];
        t->priority = priority;
        int err = pthread_create(&id, NULL, run, t);
        if (err != 0)
            return err;
    }
    return 0;
}

/* ---- the process ---- */

/** No files, no descriptors but ours, no user who owns anything, no image of memory when it
 * crashes. */
static int give_up_rights(void)
{
    const struct rlimit none = {0, 0};

    if (chdir("/") != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return errno;
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
                           setresuid(NOBODY, NOBODY, NOBODY) != 0))
        return errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_NOFILE, &none) != 0 ||
        setrlimit(RLIMIT_FSIZE, &none) != 0)
        return errno;
    return 0;
}

/** A terminal and a supervisor tell all processes to end; the gateway still has calls to clear. */
static void leave_ending_to_the_gateway(void)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static struct g729_shared *map(void)
{
    struct stat st;

    if (fstat(MEMORY, &st) != 0 || st.st_size != (off_t)sizeof(struct g729_shared))
        return NULL;
    void *mem =
        mmap(NULL, sizeof(struct g729_shared), PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY, 0);
    close(MEMORY);
    return mem == MAP_FAILED ? NULL : mem;
}

static int fail(const char *what)
{
    fprintf(stderr, "tandem-g729: %s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned threads = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    struct g729_shared *s = threads > 0 ? map() : NULL;
    char nothing;

    if (!s)
        return fail("is started by tandem, not by hand");
    if (s->version != G729_VERSION || s->threads != threads || threads > G729_THREADS)
        return fail("tandem is of another version");
    struct rlimit rt = {(rlim_t)atoi(argv[2]), (rlim_t)atoi(argv[2])};
    if (geteuid() == 0 && rt.rlim_max > 0)
        setrlimit(RLIMIT_RTPRIO, &rt); /* as nobody, threads may still have what root may */
    leave_ending_to_the_gateway();
    int err = give_up_rights();
    if (err == 0)
        err = start(s, threads, atoi(argv[2]));
    if (err != 0)
        return fail(strerror(err));
    while (read(ALIVE, &nothing, 1) < 0 && errno == EINTR)
        continue;
    return 0;
}
