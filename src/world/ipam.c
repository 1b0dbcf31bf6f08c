/* ipam.c - see rt.h: addresses of a node's pods. Models: CNI host-local v1, one IPv4 range. */

#include "world/rt.h"

struct Ipam {
    guint32 network, first,
        last;              /* first and last address that may be handed out; the gateway is first */
    guint32 last_reserved; /* 0: none yet; kept when the address is given back */
    GHashTable *used;      /* address -> itself */
};

static gboolean
parse_ip(const char *text, guint length, guint32 *out_ip)
{
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) parts = g_strsplit(copy, ".", -1);
    guint32 ip = 0;

    if (g_strv_length(parts) != 4)
        return FALSE;
    for (guint i = 0; i < 4; i++) {
        guint64 byte;

        if (!g_ascii_string_to_unsigned(parts[i], 10, 0, 255, &byte, NULL))
            return FALSE;
        ip = ip << 8 | (guint32)byte;
    }
    *out_ip = ip;
    return TRUE;
}

static const char *
format_ip(guint32 ip)
{
    return str_internf("%u.%u.%u.%u", ip >> 24, (ip >> 16) & 255, (ip >> 8) & 255, ip & 255);
}

Ipam *
ipam_new(const char *cidr)
{
    const char *slash = cidr != NULL ? strchr(cidr, '/') : NULL;
    guint32 base;
    guint64 prefix;
    guint32 host_mask;
    Ipam *ipam;

    if (slash == NULL || !parse_ip(cidr, (guint)(slash - cidr), &base) ||
        !g_ascii_string_to_unsigned(slash + 1, 10, 1, 30, &prefix, NULL))
        return NULL;
    host_mask = 0xffffffffu >> prefix;
    ipam = g_new0(Ipam, 1);
    ipam->network = base & ~host_mask;
    ipam->first = ipam->network + 1;
    ipam->last = ipam->network + host_mask - 1;
    ipam->used = g_hash_table_new(NULL, NULL);
    return ipam;
}

void
ipam_free(gpointer pointer)
{
    Ipam *ipam = pointer;

    g_hash_table_destroy(ipam->used);
    g_free(ipam);
}

const char *
ipam_take(Ipam *ipam)
{
    guint32 count = ipam->last - ipam->first + 1;
    guint32 at = ipam->last_reserved != 0 ? ipam->last_reserved : ipam->last;

    for (guint32 i = 0; i < count; i++) {
        at = at >= ipam->last ? ipam->first : at + 1;
        if (at == ipam->first || g_hash_table_contains(ipam->used, GUINT_TO_POINTER(at)))
            continue;
        g_hash_table_add(ipam->used, GUINT_TO_POINTER(at));
        ipam->last_reserved = at;
        return format_ip(at);
    }
    return NULL;
}

void
ipam_give_back(Ipam *ipam, const char *ip)
{
    guint32 address;

    if (parse_ip(ip, (guint)strlen(ip), &address))
        g_hash_table_remove(ipam->used, GUINT_TO_POINTER(address));
}

void
ipam_set_last(Ipam *ipam, const char *ip)
{
    guint32 address;

    if (parse_ip(ip, (guint)strlen(ip), &address))
        ipam->last_reserved = address;
}

const char *
ipam_range(const Ipam *ipam)
{
    return str_internf("%s-%s", format_ip(ipam->first), format_ip(ipam->last));
}
