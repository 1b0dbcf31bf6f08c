/*
 * support.h - scenarios as text: loaded, checked, played
 */
#pragma once

#include "scenario/run.h"

/* A scenario with one node and the given lines (indented by two) in its spec; duration 1 min unless they say it. */
#define SCENARIO(lines) "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 1m\n" lines
#define ONE_NODE "  cluster: {nodes: [{name: a}]}\n"

/* scratch_path: a file in this process's scratch directory; made with @text unless that is NULL. (interned) */
const char *scratch_path(const char *name, const char *text);
void scratch_remove(void);

/* load_text: as file t.yaml. (owned) */
Scenario *load_text(const char *text, const char *const *sets, Diag *diag);
/* messages_of: what is wrong with a scenario, file names without directory; "" if nothing is. (owned) */
char *messages_of(const char *text, const char *const *sets);
/* check_messages_of: the same for `desk8s check`: manifests. (owned) */
char *check_messages_of(const char *text);

typedef struct {
    Scenario *scenario;
    Run *run;
} Play;

/* play: a scenario that must have no mistakes, up to its end, finished. Free with play_clear. */
Play play(const char *text);
/* play_until: up to @time_ns, not finished. */
Play play_until(const char *text, gint64 time_ns);
void play_clear(Play *play);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Play, play_clear)

/* marks_of: "10.000 fault worker-2 loses power\n..." (owned) */
char *marks_of(Run *run);
/* checks_of: "ok at the end: ...\nFAIL ...: ... found X\n" (owned) */
char *checks_of(Run *run);
