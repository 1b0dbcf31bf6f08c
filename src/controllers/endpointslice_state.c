#include "controllers/endpointslice_sync.h"

#define DELETION_EXPECTED -1

/* When a pod became ready, or not ready, and in which sync it was there. */
typedef struct {
    ApiTime time;
    guint round;
} PodTrigger;

typedef struct {
    ApiTime service_trigger;
    gboolean has_triggers;
    GHashTable *pod_triggers; /* name -> PodTrigger * (owned) */
    guint round;              /* counts syncs */
    GHashTable *generations;  /* uid of a slice -> gint64 * (owned): as we wrote it last */
    ZoneCountList zones[2];   /* hints by zone, of IPv4 and IPv6 */
    gboolean has_zones;
} ServiceState;

static void
service_state_free(gpointer data)
{
    ServiceState *state = data;

    g_hash_table_unref(state->pod_triggers);
    g_hash_table_unref(state->generations);
    g_free(state->zones[0].items);
    g_free(state->zones[1].items);
    g_free(state);
}

gpointer
slice_state_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, service_state_free);
}

void
slice_state_free(gpointer state)
{
    g_hash_table_unref(state);
}

void
slice_state_forget(gpointer state, const char *service_key)
{
    if (state != NULL)
        g_hash_table_remove(state, service_key);
}

static ServiceState *
demand(gpointer state, const char *service_key)
{
    ServiceState *found = g_hash_table_lookup(state, service_key);

    if (found != NULL)
        return found;
    found = g_new0(ServiceState, 1);
    found->pod_triggers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    found->generations = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_hash_table_insert(state, (gpointer)service_key, found);
    return found;
}

/* --- trigger times: v1.34 endpointslice/util/trigger_time_tracker.go ------------------------------------ */

static ApiTime
earlier(ApiTime a, ApiTime b)
{
    return a == 0 || b < a ? b : a;
}

/* The order of this walk cannot be seen. */
static gboolean
is_of_earlier_round(gpointer name, gpointer trigger, gpointer round)
{
    (void)name;
    return ((const PodTrigger *)trigger)->round != *(const guint *)round;
}

ApiTime
slice_state_trigger(gpointer state, const ApiObject *service, const GPtrArray *pods)
{
    ServiceState *own = state == NULL ? NULL : demand(state, api_key(service));
    ApiTime created = service->meta->creation_time;
    ApiTime trigger = 0;
    guint count = 0;

    if (own == NULL)
        return created;
    own->round++;
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        const Condition *ready = condition_find(&pod_status(pod)->conditions, "Ready");
        PodTrigger *stored;

        if (ready == NULL || ready->last_transition_time == 0)
            continue;
        stored = g_hash_table_lookup(own->pod_triggers, api_name(pod));
        if (stored == NULL) {
            stored = g_new0(PodTrigger, 1);
            g_hash_table_insert(own->pod_triggers, (gpointer)api_name(pod), stored);
        }
        if (ready->last_transition_time > stored->time)
            trigger = earlier(trigger, ready->last_transition_time);
        stored->time = ready->last_transition_time;
        stored->round = own->round;
        count++;
    }
    if (count < g_hash_table_size(own->pod_triggers))
        g_hash_table_foreach_remove(own->pod_triggers, is_of_earlier_round, &own->round);
    if (created > own->service_trigger)
        trigger = earlier(trigger, created);
    if (!own->has_triggers)
        trigger = created;
    own->has_triggers = TRUE;
    own->service_trigger = created;
    return trigger;
}

void
slice_state_note(gpointer state, const char *service_key, const ApiObject *pod)
{
    const ServiceState *own = state == NULL ? NULL : g_hash_table_lookup(state, service_key);
    const Condition *ready = condition_find(&pod_status(pod)->conditions, "Ready");
    PodTrigger *stored = own == NULL ? NULL : g_hash_table_lookup(own->pod_triggers, api_name(pod));

    if (stored != NULL && ready != NULL && ready->last_transition_time != 0)
        stored->time = ready->last_transition_time;
}

/* --- hints by zone: v1.34 endpointslice/topologycache/topologycache.go --------------------------------------- */

gboolean
slice_state_has_zones(gpointer state, const char *service_key)
{
    const ServiceState *own = state == NULL ? NULL : g_hash_table_lookup(state, service_key);

    return own != NULL && own->has_zones;
}

void
slice_state_set_zones(gpointer state,
                      const char *service_key,
                      const char *address_type,
                      ZoneCountList *counts)
{
    ServiceState *own = state == NULL ? NULL : demand(state, service_key);
    ZoneCountList *kept = own == NULL ? NULL : &own->zones[str_is(address_type, "IPv6") ? 1 : 0];

    if (own == NULL) {
        g_free(counts->items);
    } else {
        g_free(kept->items);
        *kept = *counts;
        own->has_zones = counts->count > 0;
    }
    *counts = (ZoneCountList){0};
}

gboolean
slice_state_is_overloaded(gpointer state, const char *service_key, const ZoneShareList *shares)
{
    const ServiceState *own = state == NULL ? NULL : g_hash_table_lookup(state, service_key);

    return own != NULL && (zone_counts_are_overloaded(&own->zones[0], shares) ||
                           zone_counts_are_overloaded(&own->zones[1], shares));
}

/* --- our own writes: v1.34 endpointslice/util/endpointslice_tracker.go ------------------------------------- */

gboolean
slice_state_is_stale(gpointer state, const char *service_key, const GPtrArray *slices)
{
    ServiceState *own = state == NULL ? NULL : g_hash_table_lookup(state, service_key);
    guint seen = 0;
    guint awaited = 0;
    GHashTableIter iter;
    gpointer value;

    if (own == NULL)
        return FALSE;
    for (guint i = 0; i < slices->len; i++) {
        const ApiObject *slice = slices->pdata[i];
        const gint64 *written = g_hash_table_lookup(own->generations, api_uid(slice));

        if (written == NULL)
            continue;
        if (*written == DELETION_EXPECTED || *written > slice->meta->generation)
            return TRUE;
        seen++;
    }
    /* One that we wrote is not there at all: the order of this walk cannot be seen. */
    g_hash_table_iter_init(&iter, own->generations);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        awaited += *(const gint64 *)value != DELETION_EXPECTED;
    return awaited > seen;
}

static void
put_generation(gpointer state, const char *service_key, const char *uid, gint64 generation)
{
    gint64 *value;

    if (state == NULL)
        return;
    value = g_new(gint64, 1);
    *value = generation;
    g_hash_table_insert(demand(state, service_key)->generations, (gpointer)uid, value);
}

void
slice_state_wrote(gpointer state, const char *service_key, const ApiObject *slice)
{
    put_generation(state, service_key, api_uid(slice), slice->meta->generation);
}

void
slice_state_deleted(gpointer state, const char *service_key, const char *uid)
{
    put_generation(state, service_key, uid, DELETION_EXPECTED);
}

gboolean
slice_state_is_news(gpointer state, const char *service_key, const ApiObject *slice)
{
    ServiceState *own = g_hash_table_lookup(state, service_key);
    const gint64 *written =
        own == NULL ? NULL : g_hash_table_lookup(own->generations, api_uid(slice));

    return written == NULL || slice->meta->generation > *written;
}

gboolean
slice_state_was_taken(gpointer state, const char *service_key, const ApiObject *slice)
{
    ServiceState *own = g_hash_table_lookup(state, service_key);
    const gint64 *written =
        own == NULL ? NULL : g_hash_table_lookup(own->generations, api_uid(slice));
    gboolean was_taken = written != NULL && *written != DELETION_EXPECTED;

    if (written != NULL)
        g_hash_table_remove(own->generations, api_uid(slice));
    return was_taken;
}
