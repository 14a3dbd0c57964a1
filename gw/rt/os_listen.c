/* Sockets that connections come to, over TCP and in the file system. */
#include "gw/rt/os_listen.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 511

/** A UNIX socket's file outlives its process: it is removed when nobody answers there any more. A
 * file that is no socket refuses too: it is somebody's. */
static int clear_stale(const union rt_addr *local)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat st;

    if (fd < 0)
        return errno;
    bool alive = connect(fd, &local->sa, rt_addr_size(local)) == 0;
    int err = errno;
    close(fd);
    if (alive)
        return EADDRINUSE;
    if (err == ECONNREFUSED && lstat(local->un.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(local->un.sun_path);
    return 0;
}

/** The file is never more open than `mode`, not even for a moment. */
static int bind_to(int fd, const union rt_addr *local, unsigned mode)
{
    bool file = local->sa.sa_family == AF_UNIX && mode != 0;

    if (file && fchmod(fd, mode) != 0)
        return errno;
    if (bind(fd, &local->sa, rt_addr_size(local)) != 0)
        return errno;
    return file && chmod(local->un.sun_path, mode) != 0 ? errno : 0;
}

int rt_listen_open(int *out, const union rt_addr *local, unsigned mode, union rt_addr *bound)
{
    int err = local->sa.sa_family == AF_UNIX ? clear_stale(local) : 0, on = 1;
    socklen_t len = sizeof *bound;

    if (err != 0)
        return err;
    int fd = socket(local->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (local->sa.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    err = bind_to(fd, local, mode);
    if (err == 0 && (listen(fd, BACKLOG) != 0 || getsockname(fd, &bound->sa, &len) != 0))
        err = errno;
    if (err == 0)
        *out = fd;
    else
        close(fd);
    return err;
}

void rt_listen_close(int fd, const union rt_addr *bound)
{
    close(fd);
    if (bound->sa.sa_family == AF_UNIX)
        unlink(bound->un.sun_path);
}
