/*
 * object.h - API objects: what the control plane believes
 *
 * An object has up to four reference-counted parts: meta, spec, status, and
 * body (the other root fields of kinds like ConfigMap, EndpointSlice, Event).
 * Once handed to anybody (stored, sent, cached) an object is immutable. To
 * change one: api_object_copy() (shallow: shares all parts), then api_edit_*()
 * for the part to change (unshares it), then submit the copy. So a status
 * update of one of 150,000 pods copies the status and nothing else.
 *
 * Strings inside are interned and have no owner.
 */
#pragma once

#include "api/schema.h"
#include "base/fetch.h"
#include "base/intern.h"

typedef struct ApiKind ApiKind;
typedef struct ApiObject ApiObject;
typedef struct ApiErrors ApiErrors; /* validate.h */

typedef struct {
    const char *api_version, *kind, *name, *uid; /* interned */
    OptBool controller, block_owner_deletion;
} OwnerReference;

typedef struct {
    const char *name, *generate_name, *namespace_, *uid; /* interned */
    gint64 generation;
    ApiTime creation_time, deletion_time; /* deletion_time 0: not being deleted */
    OptInt64 deletion_grace_s;
    StrMap labels, annotations;
    API_LIST_OF(OwnerReference) owner_references;
    StrList finalizers;
    Value *managed_fields; /* kept by a server that tracks managers (apiserver/managers.h), or as a user sent it */
    /*
     * What api_key and api_ref_text made of the names, good while kind and names are these. No
     * field of the API: in no table.
     */
    struct {
        const char *namespace_, *name; /* (interned) */
        const ApiKind *kind;
        const char *key, *text; /* (interned) */
    } made;
} ObjectMeta;
extern const ApiType object_meta_type, owner_reference_type;

struct ApiObject {
    const ApiKind *kind;
    guint ref_count;
    /*
     * Found out by somebody while the object was shared, so nobody could edit it, and forgotten at
     * an edit: a walk over 100,000 pods then reads one line of memory of each. @facts: bits, each
     * kind has its own. @fits: the object was seen to be what this interned text says.
     */
    guint32 facts : 8;
    guint32 number : 24; /* of its place in the store, among those of its kind; 0: none. Who knows it need not ask for names */
    const char *fits;
    guint64 resource_version; /* etcd mod revision; 0 = never stored. Not part of meta: a write shares it */
    ObjectMeta *meta;         /* never NULL */
    gpointer spec, status, body; /* NULL if the kind has none */
};

struct ApiKind {
    const char *kind;       /* "Deployment" */
    const char *group;      /* "apps"; "" = core */
    const char *version;    /* "v1" */
    const char *plural;     /* "deployments" */
    const char *singular;   /* "deployment" */
    const char *const *short_names; /* NULL-terminated, may be NULL */
    gboolean is_namespaced;
    guint deprecated_since; /* minor version from which every answer warns of it; 0: never */
    const char *instead;    /* "discovery.k8s.io/v1 EndpointSlice": what to use then */
    gboolean is_custom;     /* a custom resource: served only where its definition is installed */
    gboolean has_status;    /* status subresource; status ignored on main writes */
    gboolean has_generation;
    gboolean is_graceful;   /* deletion with grace (Pod) */
    gboolean allows_unconditional_update;
    gboolean is_created_by_update; /* AllowCreateOnUpdate: a PUT of what is not there makes it */
    gboolean in_all;        /* kubectl get all */
    const ApiType *spec, *status, *body; /* NULL if none */
    const char *doc;
    /* Hooks; any may be NULL. Objects given are private copies. */
    void (*set_defaults)(ApiObject *object); /* after the table's defaults */
    /* BeginCreate (@old NULL), BeginUpdate: before the strategy. */
    void (*begin)(ApiObject *object, const ApiObject *old);
    void (*prepare_create)(ApiObject *object); /* strategy: initial status and such */
    void (*prepare_update)(ApiObject *object, const ApiObject *old);
    void (*validate)(const ApiObject *object, ApiErrors *errors); /* everything but metadata */
    void (*validate_update)(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
    void (*prepare_status)(ApiObject *object, const ApiObject *old); /* before a write to the status subresource */
    /* what a write to the status subresource may not say; other writes are not asked */
    void (*validate_status)(const ApiObject *object, const ApiObject *old, ApiErrors *errors);
    /* what the strategy itself warns of while it prepares a new object, whether that is then refused or not */
    void (*warn_early)(const ApiObject *object, GPtrArray *warnings);
    /* WarningsOnCreate, WarningsOnUpdate (@old is not NULL): adds char* (owned) */
    void (*warn)(const ApiObject *object, const ApiObject *old, GPtrArray *warnings);
    /* name: which pattern of names; see names.h */
    int name_rule;
    /*
     * What the strategy's ValidateUpdate looks at, in its order (errors of what it looks at twice come twice): M metadata
     * as at a creation, U as at an update, V validate(), D validate_update(). NULL: "UD", "UV" without that hook.
     */
    const char *update_steps;
    gboolean takes_any_finalizer; /* also one without a domain that nobody knows */
    gboolean checks_meta_last; /* at creation, metadata only if nothing else is wrong */
    /*
     * A form: another version of a kind, which the server stores in that kind's own form. Requests
     * and answers may be in it, nothing else. NULL: no form. The functions give new objects. (owned)
     */
    const ApiKind *stored;
    ApiObject *(*to_stored)(const ApiObject *object);
    ApiObject *(*from_stored)(const ApiObject *object);
    const char *(*place_of)(const char *path); /* where this form has what the stored one has at @path; NULL: there too */
    /* select_field: value of a field label (interned), NULL if not supported by this kind. */
    const char *(*select_field)(const ApiObject *object, const char *label);
};

/* The list of kinds (kinds/list.c), NULL-terminated, in discovery order. */
extern const ApiKind *const api_kinds[];
/* api_kind_find: by kind or by resource word as kubectl takes it (plural, singular, short name, "deployments.apps"). NULL if none. */
const ApiKind *api_kind_find_resource(const char *word);
const ApiKind *api_kind_find(const char *api_version, const char *kind);
/* The forms that are no kinds of their own (kinds/list.c), NULL-terminated. */
extern const ApiKind *const api_forms[];
/* api_form_find, api_form_find_resource: the same, but the very version that was asked for, which may be a form. */
const ApiKind *api_form_find(const char *api_version, const char *kind);
const ApiKind *api_form_find_resource(const char *word);
/* "Deployment"; "apps/v1", "v1"; "deployments.apps", "pods"; "deployment.apps". Returns: (interned) */
const char *api_kind_name(const ApiKind *kind);
const char *api_kind_api_version(const ApiKind *kind);
const char *api_kind_group_resource(const ApiKind *kind);
const char *api_kind_group_singular(const ApiKind *kind);
const char *api_kind_group_kind(const ApiKind *kind); /* "Deployment.apps", "Pod" */

/* --- life ----------------------------------------------------------------------------- */

/* api_object_new: with empty parts. (owned) */
ApiObject *api_object_new(const ApiKind *kind, const char *namespace_, const char *name);
/* api_object_of_parts: of a kind without a body, with empty metadata but for the names (interned), that shares @spec and @status. (owned) */
ApiObject *api_object_of_parts(const ApiKind *kind, const char *namespace_, const char *name, gconstpointer spec, gconstpointer status);
ApiObject *api_object_ref(const ApiObject *object); /* const: holding one more is no change */
void api_object_unref(gpointer object);             /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiObject, api_object_unref)
/* api_object_fetch_parts: into the cache, where they are counted, as they will be let go soon. */
static inline void
api_object_fetch_parts(const ApiObject *object)
{
    fetch((gconstpointer)((gsize)object->meta - 1));
    fetch((gconstpointer)((gsize)object->spec - 1));
    fetch((gconstpointer)((gsize)object->status - 1));
    fetch((gconstpointer)((gsize)object->body - 1));
}
/* api_object_copy: shallow; the copy may be edited. (owned) */
ApiObject *api_object_copy(const ApiObject *object);

/* api_edit_*: the part, private to @object (which must have ref_count 1). */
ObjectMeta *api_edit_meta(ApiObject *object);
gpointer api_edit_spec(ApiObject *object);
gpointer api_edit_status(ApiObject *object);
gpointer api_edit_body(ApiObject *object);

/* Parts by themselves, to share one spec among many objects. */
gpointer api_part_new(const ApiType *type);
gpointer api_part_ref(gconstpointer part);
void api_part_unref(gpointer part);
/* api_part_edit: *@part, private to who holds it there. */
gpointer api_part_edit(gpointer *part);
/* api_object_set_spec etc.: drop the old part, hold @part (ref taken). */
void api_object_set_meta(ApiObject *object, gconstpointer part);
void api_object_set_spec(ApiObject *object, gconstpointer part);
void api_object_set_status(ApiObject *object, gconstpointer part);
void api_object_set_body(ApiObject *object, gconstpointer part);

/* api_object_equal: all parts equal (resource_version ignored). */
gboolean api_object_equal(const ApiObject *a, const ApiObject *b);

/* --- codec ------------------------------------------------------------------------------ */

/* api_object_encode: with apiVersion, kind, metadata (resourceVersion included). (owned) */
Value *api_object_encode(const ApiObject *object);
/*
 * api_object_decode: the tree of one manifest whose kind is known. NULL at a
 * type error (see @result). Does not default. (owned)
 */
ApiObject *api_object_decode(const ApiKind *kind, const Value *value, ApiDecodeResult *result);
/* api_object_size_bytes: rough encoded size, for latency; cheap. */
gsize api_object_size_bytes(const ApiObject *object);

/* The mark that api_default() ran on all parts and none was edited since. */
gboolean api_object_is_defaulted(const ApiObject *object);
void api_object_set_defaulted(ApiObject *object);

/* --- small things everybody needs --------------------------------------------------------- */

static inline const char *
api_name(const ApiObject *object)
{
    return object->meta->name;
}
static inline const char *
api_namespace(const ApiObject *object)
{
    return object->meta->namespace_;
}
static inline const char *
api_uid(const ApiObject *object)
{
    return object->meta->uid;
}
/* api_key: "namespace/name", or "name" if cluster-scoped. Returns: (interned) */
const char *api_key(const ApiObject *object);
const char *api_key_of(const char *namespace_, const char *name);
/* api_split_key: parts of a key; *out_namespace NULL if there is none. (interned) */
void api_split_key(const char *key, const char **out_namespace, const char **out_name);
/* api_ref_text: "pod/default/web-1", "node/worker-1": objects in traces. (interned) */
const char *api_ref_text(const ApiObject *object);

static inline gboolean
api_is_deleting(const ApiObject *object)
{
    return object->meta->deletion_time != 0;
}
/* api_controller_of: the owner reference with controller: true, or NULL. */
const OwnerReference *api_controller_of(const ApiObject *object);
/* api_is_controlled_by: its controller is @owner (by uid). */
gboolean api_is_controlled_by(const ApiObject *object, const ApiObject *owner);
/* api_owner_reference: a controller reference to @owner (controller, blockOwnerDeletion true). */
void api_set_controller(ObjectMeta *meta, const ApiObject *owner);
/* The epoch itself, which a container that never began has as its beginning: 0 says that there is no time. */
#define API_TIME_EPOCH ((ApiTime)1)
/* api_time_seconds: cut to whole seconds, as the API stores times. */
static inline ApiTime
api_time_seconds(gint64 wall_ns)
{
    return wall_ns - wall_ns % G_GINT64_CONSTANT(1000000000);
}
/* int_or_string_scale: percent of @total (rounded as said) or the plain number; absent = 0. */
gint32 int_or_string_scale(const IntOrString *value, gint32 total, gboolean round_up);

/* Conditions have one shape in all kinds; each kind's table lists the members it has. */
typedef struct {
    const char *type, *status, *reason, *message; /* interned; status "True", "False", "Unknown" */
    ApiTime last_transition_time, last_update_time, last_probe_time, last_heartbeat_time;
    gint64 observed_generation;
} Condition;
typedef API_LIST_OF(Condition) ConditionList;
const Condition *condition_find(const ConditionList *list, const char *type);
/* condition_is: @type is present with status @status. */
gboolean condition_is(const ConditionList *list, const char *type, const char *status);
/* condition_edit: find or append. The pointer is void after the next append. */
Condition *condition_edit(ConditionList *list, const char *type);
gboolean condition_remove(ConditionList *list, const char *type);
