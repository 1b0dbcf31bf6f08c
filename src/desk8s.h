/*
 * desk8s.h - the library: build a cluster from a scenario, step it, ask it
 *
 * A program opens a scenario file, plays it to an instant, runs kubectl commands
 * against the cluster as it is then, and reads objects as JSON. Not thread-safe:
 * one thread per Desk8s. Times are nanoseconds since the scenario's start. Strings
 * returned are the caller's: free them with desk8s_free_text.
 */
#ifndef DESK8S_H
#define DESK8S_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Desk8s Desk8s;

/* desk8s_version: "0.1.0". */
const char *desk8s_version(void);

/*
 * desk8s_open: read and check the scenario, boot its cluster to 0 s. @seed 0: the
 * scenario's. NULL on mistakes; *out_message (may be NULL) then lists them all.
 */
Desk8s *desk8s_open(const char *scenario_path, uint64_t seed, char **out_message);
void desk8s_close(Desk8s *desk8s);

int64_t desk8s_now_ns(const Desk8s *desk8s);
/* desk8s_end_ns: where the scenario ends. */
int64_t desk8s_end_ns(const Desk8s *desk8s);
/* desk8s_run_until: play; 0 when the scenario has ended, 1 if it goes on. */
int desk8s_run_until(Desk8s *desk8s, int64_t time_ns);
/* desk8s_step: one event; 0 if there is none. */
int desk8s_step(Desk8s *desk8s);

/*
 * desk8s_kubectl: run one command line (without the word kubectl) and play until
 * it ends. Returns its exit status, -1 for a line with an open quote. Either
 * output pointer may be NULL.
 */
int desk8s_kubectl(Desk8s *desk8s, const char *line, const char *input, char **out_stdout, char **out_stderr);

/* desk8s_get: an object as JSON now, without any virtual time; NULL if it does not exist. @kind: "pod", "deployments" ... */
char *desk8s_get(Desk8s *desk8s, const char *kind, const char *namespace_, const char *name);

/* desk8s_failures: expectations that have failed so far; desk8s_finish decides those that are open. */
int desk8s_failures(const Desk8s *desk8s);
void desk8s_finish(Desk8s *desk8s);

/* desk8s_fingerprint: hash of the whole trajectory so far. */
uint64_t desk8s_fingerprint(const Desk8s *desk8s);

void desk8s_free_text(char *text);

#ifdef __cplusplus
}
#endif

#endif
