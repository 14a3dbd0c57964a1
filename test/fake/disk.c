/* The one disk: how full it is, how slow, when it fails, and at which step the machine dies. */
#include "fake_priv.h"

#include "gw/rt/file.h"

#include <errno.h>

static unsigned failures; /* of the next writes and syncs */
static int failure;
static rt_time write_time, sync_time;
static uint64_t steps, die_at;
static size_t kept; /* of the write that it dies in */
static size_t torn; /* how long that was */
static bool died;
static struct rt_disk disk = {1, 0, 1000000};

void fake_files_fail(unsigned n, int err)
{
    failures = n;
    failure = err;
}

void fake_disk_slow(rt_time write, rt_time sync)
{
    write_time = write;
    sync_time = sync;
}

uint64_t fake_disk_steps(void)
{
    return steps;
}

void fake_disk_die_at(uint64_t step, size_t still_made)
{
    die_at = step;
    kept = still_made;
    torn = 0;
    died = false;
}

bool fake_disk_died(void)
{
    return died;
}

size_t fake_disk_torn(void)
{
    return torn;
}

void fake_disk(uint64_t used, uint64_t total)
{
    disk = (struct rt_disk){1, used, total};
}

int rt_disk_usage(struct rt_disk *out, const char *path)
{
    fake_hang_here(path);
    *out = disk;
    return 0;
}

int fake_disk_open(void)
{
    if (failures == 0)
        return 0;
    failures--;
    return failure;
}

/** It takes its time, and may be the last. */
static int pass(rt_time takes)
{
    fake_loop_stall(takes);
    died = ++steps == die_at;
    return died ? EIO : 0;
}

int fake_disk_write(size_t len, size_t *made)
{
    int err = died ? EIO : fake_disk_open();

    *made = 0;
    if (err != 0)
        return err;
    err = pass(write_time);
    torn = err != 0 ? len : 0;
    *made = err == 0 || len < kept ? len : kept;
    return err;
}

int fake_disk_change(void)
{
    return died ? EIO : pass(write_time);
}

int fake_disk_sync(void)
{
    int err = died ? EIO : fake_disk_open();

    return err != 0 ? err : pass(sync_time);
}

void fake_disk_reset(void)
{
    failures = 0;
    write_time = sync_time = 0;
    steps = 0;
    fake_disk_die_at(0, 0);
    fake_disk(0, 1000000);
}
