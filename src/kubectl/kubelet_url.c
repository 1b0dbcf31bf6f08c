/* kubelet_url.c - see kubelet_url.h */

#include "kubectl/kubelet_url.h"

#include "base/duration.h"

static void
add(GString *query, const char *name, gint64 value)
{
    g_string_append_printf(query, "%c%s=%" G_GINT64_FORMAT, query->len == 0 ? '?' : '&', name, value);
}

static void
add_bool(GString *query, const Command *command, const char *flag, const char *name)
{
    if (flag_bool(command, flag))
        g_string_append_printf(query, "%c%s=true", query->len == 0 ? '?' : '&', name);
}

/* v1.34 pkg/registry/core/pod/strategy.go LogLocation: url.Values.Encode sorts by name. */
char *
kubelet_log_query(const Command *command, gint64 tail)
{
    GString *query = g_string_new(NULL);
    gint64 since_ns = flag_duration_ns(command, "since", 0);

    add_bool(query, command, "follow", "follow");
    if (flag_int(command, "limit-bytes", 0) > 0)
        add(query, "limitBytes", flag_int(command, "limit-bytes", 0));
    add_bool(query, command, "previous", "previous");
    if (since_ns > 0)
        add(query, "sinceSeconds", (since_ns + NS_PER_S - 1) / NS_PER_S);
    if (tail >= 0)
        add(query, "tailLines", tail);
    add_bool(query, command, "timestamps", "timestamps");
    return g_string_free(query, FALSE);
}
