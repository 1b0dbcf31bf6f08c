/*
 * renew.c - a renewal of a lease, computed instead of played
 *
 * The same write as a PATCH that pipeline.c takes, in one step: the lease as it
 * is with another time. Validation could find nothing new, admission has no
 * plugin that looks at leases, and renewals leave no trace record.
 */

#include "apiserver/server.h"

gboolean
apiserver_renewal_ns(const ApiServer *server, gint64 *out_commit_ns, gint64 *out_answer_ns)
{
    gint64 write_ns = etcd_steady_commit_ns(server->etcd, server->process);

    if (!server->is_ready || server->is_paused || write_ns < 0)
        return FALSE;
    /* Who set which field, and when, is written with each renewal. */
    if (server->options.tracks_managers)
        return FALSE;
    if (!latency_heartbeat(server, out_commit_ns, out_answer_ns))
        return FALSE;
    *out_commit_ns += write_ns;
    return TRUE;
}

const ApiObject *
apiserver_renew(ApiServer *server, EtcdKey *key, const char *holder, gint64 renew_time)
{
    const ApiObject *lease = etcd_get(key);
    g_autoptr(ApiObject) renewed = NULL;
    LeaseSpec *spec;

    if (lease == NULL || !server->is_ready || lease->meta->deletion_time != 0)
        return NULL;
    if (lease_spec(lease)->holder_identity != holder || lease_spec(lease)->renew_time == renew_time)
        return NULL;
    renewed = api_object_copy(lease);
    spec = api_edit_spec(renewed);
    spec->renew_time = renew_time;
    server->counters.requests[VERB_PATCH]++;
    etcd_put_now(server->etcd, key, renewed);
    return etcd_get(key);
}

EtcdKey *
apiserver_storage_key(const ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name)
{
    return storage_key(server, kind, str_intern(namespace_), str_intern(name));
}
