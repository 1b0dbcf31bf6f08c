/*
 * set.h - what kubectl set changes in a pod template; models k8s.io/kubectl pkg/cmd/set v0.34
 */
#pragma once

#include "kubectl/internal.h"

typedef struct SetSources SetSources;

typedef struct {
    const char *what;
    GPtrArray *changes;    /* of const char*: NAME=VALUE, NAME-; of selector and serviceaccount the last word */
    GPtrArray *references; /* (owned) of Value*: the variables that --from makes */
    GPtrArray *objects;    /* (owned) of ApiObject*: as they are, in the order of the targets */
    void (*go)(Command *command); /* what comes after --from was read */
    SetSources *sources;          /* (owned) what variables refer to, with --resolve; NULL: not read */
} SetState;

/* set_pod_spec: where @kind has one; NULL: nowhere. (borrowed) */
Value *set_pod_spec(const ApiKind *kind, Value *tree);

/* set_containers: those of @spec that -c means, init containers last (selectContainers). (owned), of Value* (borrowed) */
GPtrArray *set_containers(Command *command, Value *spec);

/* set_env_is_name: IsEnvVarName: kubectl is stricter than the server; what it says of others. */
gboolean set_env_is_name(const char *name);
#define SET_ENV_NAME_RULE                                                                                              \
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not " \
    "start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is "       \
    "'[-._a-zA-Z][-._a-zA-Z0-9]*')"
/* set_sources_read: every ConfigMap and Secret that variables of the containers meant refer to, then @go. */
void set_sources_read(Command *command, void (*go)(Command *command));
void set_sources_free(SetSources *sources);
/* set_resolve: the value behind @from. NULL: *out_error (owned). (owned) */
char *set_resolve(Command *command, const ApiObject *object, const Value *container, const Value *from, char **out_error);

/* set_subject_words_are_fine: SubjectOptions.Validate. FALSE: message out, ended. */
gboolean set_subject_words_are_fine(Command *command);
/* set_subject: adds what is missing to a binding. FALSE: *out_why (owned). */
gboolean set_subject(Command *command, const Target *target, Value *tree, char **out_why);

/* set_env_split: words that are variables go from the arguments to the changes. FALSE: message out, ended. */
gboolean set_env_split(Command *command);
/* set_env_words_are_fine: ParseEnv. FALSE: message out, ended. */
gboolean set_env_words_are_fine(Command *command);
/* set_env_read_source: what --from names becomes references, then @go. */
void set_env_read_source(Command *command, void (*go)(Command *command));
/* set_env: changes @spec; with --list says what came out. FALSE: *out_why (owned) says why nothing came of it. */
gboolean set_env(Command *command, const Target *target, const ApiObject *object, Value *spec, char **out_why);
