/*
 * story.h - a short scenario played with a Series looking on
 */
#pragma once

#include "report/series.h"
#include "scenario/run.h"

/* One node called a that boots in 8..9 s, images present; the lines (indented by two) go into its spec. */
#define STORY(duration, lines)                                                                     \
    "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t, description: A test.}\nspec:\n  duration: " duration "\n" \
    "  cluster: {nodes: [{name: a, bootMin: 8s, bootMax: 9s}]}\n  images: [{match: '*', present: true}]\n" lines

typedef struct {
    Scenario *scenario;
    Run *run;
    Series *series;
    GString *told; /* "12.345 sentence\n" */
} Story;

/* tell: plays to the end; there must be no mistakes. Clear with story_clear. */
Story story_tell(const char *text);
void story_clear(Story *story);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Story, story_clear)

/* story_has: was a sentence told that holds @words? */
gboolean story_has(const Story *story, const char *words);
/* story_in_order: each of the NULL-terminated words in a sentence after the one before. What is missing in @out_missing. */
gboolean story_in_order(const Story *story, const char *const *words, const char **out_missing);

/* story_lane: states of a pod's lane: "pending starting ready". The name may be a prefix. (owned) */
char *story_lane(const Story *story, const char *pod);

/* scratch_directory: empty, made anew. (interned) */
const char *scratch_directory(void);
/* scratch_list: sorted names of files in a directory, joined by blanks. (owned) */
char *scratch_list(const char *directory);
void scratch_remove(void);
