/*
 * app.h - what the programs inside containers do
 *
 * A scenario's `applications` entries become AppProfile; a container's command,
 * if it is one that the little shell understands, says more (world/shell.h).
 */
#pragma once

#include "sim/sim.h"

typedef struct {
    Dist startup;          /* process start until it listens (and its readiness can succeed) */
    Dist stop;             /* SIGTERM until exit; a draw beyond the grace ends in SIGKILL */
    gboolean ignores_term; /* PID 1 without a handler */
    gboolean abrupt_stop;  /* on SIGTERM: exit at once, requests in flight are reset */
    gint64 close_delay_ns; /* SIGTERM until the listening socket closes */
    gint64 cpu_ns;         /* CPU per request */
    Dist wait;             /* waiting per request beside CPU */
    guint concurrency;     /* requests served at once; 0: no limit */
    guint backlog;         /* accept queue beyond it */
    gint64 request_memory_bytes;
    gint64 memory_bytes;              /* resident once started */
    gint64 memory_growth_bytes_per_s; /* a leak */
    gint64 idle_cpu_milli;
    gint64 exit_after_ns; /* < 0: runs for ever */
    gint32 exit_code;
    gint64 crash_after_ns; /* < 0: never; exits with crash_exit_code */
    gint32 crash_exit_code;
    gint64 ready_delay_ns; /* extra time until HTTP/TCP/exec readiness answers well */
    gint64 unready_from_ns, unready_until_ns; /* since start; answers 503 between; < 0: none */
    gint64 unhealthy_after_ns;                /* liveness fails from then; < 0: never */
    gboolean serves;                          /* listens on its container's ports */
} AppProfile;

/* app_profile_init: defaults (serves, starts in 100 ms, stops in some 100 ms, no crash). */
void app_profile_init(AppProfile *profile);
/* app_profile_well_known: httpd, nginx, mysql, redis, busybox ...: by image name without registry and tag. FALSE if unknown. */
gboolean app_profile_well_known(const char *image, AppProfile *out_profile);
