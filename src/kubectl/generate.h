/*
 * generate.h - objects that `kubectl create KIND NAME` describes with flags
 */
#pragma once

#include "kubectl/internal.h"

/*
 * generate_object: from the command's words and flags. NULL and *out_message (owned) if
 * something is missing. (owned)
 */
Value *generate_object(Command *command, const ApiKind *kind, char **out_message);
/* What such a message begins with that names a resource which the server does not have. */
#define GENERATE_UNKNOWN "\x01"
/* generate_words: all values of a flag, also those with commas between them (pflag StringSlice). (owned, interned words) */
GPtrArray *generate_words(const Command *command, const char *flag);
/* generate_data: data of a ConfigMap or Secret. FALSE: *out_message (owned). */
gboolean generate_data(Command *command, Value *object, const char *name, gboolean is_secret, char **out_message);
/* generate_ingress: annotations and spec of an Ingress. FALSE: *out_message (owned). */
gboolean generate_ingress(Command *command, Value *object, char **out_message);
/* generate_rbac: rules of a role, or role and subjects of a binding. FALSE: *out_message (owned). */
gboolean generate_rbac(Command *command, Value *object, const ApiKind *kind, char **out_message);
/* generate_batch: spec of a Job, CronJob, ResourceQuota, PodDisruptionBudget. FALSE: *out_message (owned). */
gboolean generate_batch(Command *command, Value *object, const ApiKind *kind, const char *name, char **out_message);
/* generate_job_from: the Job that "create job NAME --from=cronjob/X" sends, by what the server has of X; @namespace_ NULL: none was given. (owned) */
Value *generate_job_from(const ApiObject *cron, const char *name, const char *namespace_);
