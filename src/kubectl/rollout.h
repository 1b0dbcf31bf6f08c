/*
 * rollout.h - the subcommands of kubectl rollout
 */
#pragma once

#include "kubectl/expand.h"

/* rollout_word: "status", "undo", ... */
const char *rollout_word(const Command *command);

/* rollout_*_begin: FALSE: message out, ended. */
gboolean rollout_status_begin(Command *command);
void rollout_status_one(Command *command, Target *target);
/*
 * rollout_status_text: what is to be said of a deployment now, with its newline;
 * *out_done when that was the last. NULL and *out_error (owned) if it has failed. (owned)
 */
char *rollout_status_text(const ApiObject *deployment,
                          gint64 revision,
                          gboolean *out_done,
                          char **out_error);

/* rollout_sets.c: the same of a daemon set, a stateful set. */
char *rollout_daemon_set_text(const ApiObject *set, gboolean *out_done, char **out_error);
char *rollout_stateful_set_text(const ApiObject *set, gboolean *out_done, char **out_error);

/* The object that a history or undo is about; state of the command. */
typedef struct {
    ApiObject *object; /* (owned) */
} RolloutState;
void rollout_state_free(gpointer data);
void rollout_keep(Command *command, const ApiObject *object);
/* rollout_revisions.c: kinds that keep their past as ControllerRevisions. */
gboolean rollout_has_revisions(const ApiKind *kind);
void rollout_revisions_history(Command *command, Target *target);
void rollout_revisions_undo(Command *command, Target *target);

gboolean rollout_history_begin(Command *command);
void rollout_history_one(Command *command, Target *target);
/* pause, resume, restart */
void rollout_change_one(Command *command, Target *target);
void rollout_undo_one(Command *command, Target *target);
