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
    /* One that is computed takes no seat, so it may not be refused one nor be missed: not where half of them are taken. */
    if (server->inflight_write * 2 >= server->options.max_inflight_write)
        return FALSE;
    /* Who set which field, and when, is written with each renewal. */
    if (server->options.tracks_managers)
        return FALSE;
    if (!latency_heartbeat(server, out_commit_ns, out_answer_ns))
        return FALSE;
    *out_commit_ns += write_ns;
    return TRUE;
}

/* Nobody but its holder has written it since a renewal was found to be right. */
static gboolean
may_renew(const EtcdKey *key, const char *holder, ApiTime renew_time)
{
    const ApiObject *lease;

    if (key->is_renewed)
        return key_renewed(key) != renew_time;
    lease = etcd_get(key);
    if (lease == NULL || lease->meta->deletion_time != 0)
        return FALSE;
    return lease_spec(lease)->holder_identity == holder && lease_spec(lease)->renew_time != renew_time;
}

gsize
apiserver_renew(ApiServer *server, EtcdKey *key, const char *holder, gint64 renew_time)
{
    gsize bytes = 0;

    if (!server->is_ready || !may_renew(key, holder, renew_time))
        return 0;
    server->counters.requests[VERB_PATCH]++;
    /* A first time would make the lease weigh more. */
    if (key->is_renewed || lease_spec(etcd_get(key))->renew_time != 0)
        bytes = etcd_renew_now(server->etcd, key, renew_time);
    if (bytes == 0) {
        g_autoptr(ApiObject) renewed = renewal_make(etcd_get(key), renew_time, 0);

        etcd_put_now(server->etcd, key, renewed);
        bytes = api_object_size_bytes(renewed);
    }
    return bytes;
}

EtcdKey *
apiserver_storage_key(const ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name)
{
    return storage_key(server, kind, str_intern(namespace_), str_intern(name));
}
