/*
 * mini.h - an API server in miniature for tests of reconcilers
 *
 * Holds objects, carries out plans (revisions and conflicts, generations, status
 * apart from the rest, generated names) and writes down what was done, a line a
 * step, so that a test can state the order. The view of a sync is what was
 * stored when it began. Refusals are asked for beforehand.
 */
#pragma once

#include "api/kinds.h"
#include "base/duration.h"
#include "controllers/controllers.h"

#include <check.h>

#define MINI_EPOCH (G_GINT64_CONSTANT(1800000000) * NS_PER_S)

typedef struct {
    StepType type;
    const ApiKind *kind;
    int code;
    const char *reason, *message, *cause;
    guint skip;  /* so many succeed first */
    guint count; /* so many are refused then */
} MiniRefusal;

typedef struct Mini Mini;
struct Mini {
    GPtrArray *objects; /* of ApiObject (owned refs) */
    guint64 revision;
    gint64 now_ns;
    guint next_uid;
    GString *log;
    ApiObject *subject; /* (owned ref) of the last event, as its recorder is told of it; NULL: none yet */
    GArray *refusals;         /* of MiniRefusal */
    gint64 requeue_ns;        /* of the last sync; -1: none */
    const char *error;        /* of the last sync; NULL: none */
    guint n_failed;           /* steps of the last sync that were refused, and that mattered */
    guint expected_creations; /* asked for by the last sync */
    guint64 visited;          /* objects that the view handed out in the last sync */
    GPtrArray *enqueued;      /* keys (interned) that the last sync asked for */
    gint64 enqueued_ns;       /* the shortest delay of these; -1: none */
    const Expectations *expectations; /* (borrowed) NULL: satisfied */
    gpointer state;
    const ControllersConfig *config;
    guint version_minor;
    guint seed; /* another draw of what a sync draws */
    gint64 part_takes_ns; /* from each part of a sync to the next */
    void (*after_step)(Mini *mini, const PlanStep *step); /* as if an informer had been quick; may be NULL */
};

Mini *mini_new(void);
void mini_free(Mini *mini);
/* mini_add: stores @object (owned) as if it had been there for long. Returns: (borrowed) as stored. */
const ApiObject *mini_add(Mini *mini, ApiObject *object);
const ApiObject *
mini_get(Mini *mini, const ApiKind *kind, const char *namespace_, const char *name);
/* mini_edit: a copy to change and give back with mini_put. */
ApiObject *mini_edit(Mini *mini, const ApiKind *kind, const char *name);
void mini_put(Mini *mini, ApiObject *object);
/* mini_put_template: mini_put of a DaemonSet with another template, whose generation the API server counts up. */
void mini_put_template(Mini *mini, ApiObject *set);
void mini_remove(Mini *mini, const ApiObject *object);
guint mini_count(Mini *mini, const ApiKind *kind);
/* mini_nth: in the order they were stored. */
const ApiObject *mini_nth(Mini *mini, const ApiKind *kind, guint index);
gint64 mini_wall_ns(const Mini *mini);
void mini_refuse(Mini *mini, MiniRefusal refusal);

/* mini_sync: one sync of @key; what it did is in log (cleared first). */
void mini_sync(Mini *mini, const ControllerDef *def, const char *key);
void mini_tick(Mini *mini, const ControllerDef *def);
/* mini_check_log: the log is @wanted, lines separated by '\n'. */
void mini_check_log(Mini *mini, const char *name, const char *wanted);

/* --- objects ------------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    gint32 replicas;
    int surge, unavailable; /* numbers; below 0: percent of its absolute value */
    gboolean is_recreate;
    const char *image;
    gint32 deadline_s; /* 0: none */
    gint32 history;    /* 0: 10 */
} DeploymentOptions;
ApiObject *make_deployment(const DeploymentOptions *options);

/* make_set: of @deployment's template with @image; @revision 0: no annotation. */
ApiObject *make_set(const ApiObject *deployment,
                    const char *name,
                    const char *image,
                    gint32 replicas,
                    gint32 available,
                    gint64 revision);
/* make_pod: @owner may be NULL; labels are the owner's template's. */
ApiObject *make_pod(const ApiObject *owner,
                    const char *name,
                    const char *node,
                    const char *phase,
                    gboolean is_ready);
ApiObject *make_node(const char *name, const char *zone);
void set_condition(ConditionList *list,
                   const char *type,
                   const char *status,
                   const char *reason,
                   gint64 wall_ns);
/* object_from_yaml: as the API server stores it when it is created, in namespace default; no UID yet. */
ApiObject *object_from_yaml(const ApiKind *kind, const char *text);
/* object_from_yaml_with_status: just what it says, without defaults. */
ApiObject *object_from_yaml_with_status(const ApiKind *kind, const char *text);
