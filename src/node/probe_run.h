/*
 * probe_run.h - carrying out one check: exec, HTTP, TCP, gRPC
 *
 * Models: pkg/kubelet/prober/prober.go and pkg/probe v1.34, with their texts.
 */
#pragma once

#include "node/internal.h"

/*
 * @outcome PROBE_SUCCESS, PROBE_FAILURE, or PROBE_UNKNOWN if the check itself failed.
 * @output: interned.
 */
typedef void (*ProbeDone)(gpointer user, ProbeResult outcome, const char *output);
void probe_run(Worker *w,
               const Container *container,
               const Probe *probe,
               const char *container_id,
               SimHandle owner,
               ProbeDone done,
               gpointer user);
