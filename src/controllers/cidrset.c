#include "controllers/cidrset.h"

#include "base/intern.h"

#include <arpa/inet.h>

#define IPV6_BITS_MAX 16
#define BITS_MAX      20

typedef unsigned __int128 Address;

struct CidrSet {
    Address base;
    guint width; /* bits of an address: 32 or 128 */
    guint cluster_mask, node_mask;
    guint count, allocated, next;
    guint8 *is_used;
};

/* --- addresses -------------------------------------------------------------------------------------- */

static gboolean
parse_cidr(const char *text, Address *out_base, guint *out_width, guint *out_mask)
{
    const char *slash = text == NULL ? NULL : strchr(text, '/');
    g_autofree char *address = slash == NULL ? NULL : g_strndup(text, (gsize)(slash - text));
    guint8 bytes[16];
    guint64 mask;
    guint width;

    if (address == NULL)
        return FALSE;
    if (inet_pton(AF_INET, address, bytes) == 1)
        width = 32;
    else if (inet_pton(AF_INET6, address, bytes) == 1)
        width = 128;
    else
        return FALSE;
    if (!g_ascii_string_to_unsigned(slash + 1, 10, 0, width, &mask, NULL))
        return FALSE;
    *out_base = 0;
    for (guint i = 0; i < width / 8; i++)
        *out_base = *out_base << 8 | bytes[i];
    if (mask < width)
        *out_base = mask == 0 ? 0 : *out_base >> (width - mask) << (width - mask);
    *out_width = width;
    *out_mask = (guint)mask;
    return TRUE;
}

CidrSet *
cidr_set_new(const char *cluster_cidr, guint node_mask, char **out_message)
{
    CidrSet *set;
    Address base;
    guint width;
    guint mask;

    if (!parse_cidr(cluster_cidr, &base, &width, &mask)) {
        *out_message = g_strdup_printf("'%s' is not a CIDR; write 10.244.0.0/16", cluster_cidr);
        return NULL;
    }
    if (node_mask < mask || node_mask > width) {
        *out_message =
            g_strdup_printf("node CIDRs of /%u do not fit into '%s'", node_mask, cluster_cidr);
        return NULL;
    }
    if (node_mask - mask > (width == 128 ? IPV6_BITS_MAX : BITS_MAX)) {
        *out_message = g_strdup("New CIDR set failed; the node CIDR size is too big");
        return NULL;
    }
    set = g_new0(CidrSet, 1);
    set->base = base;
    set->width = width;
    set->cluster_mask = mask;
    set->node_mask = node_mask;
    set->count = 1u << (node_mask - mask);
    set->is_used = g_new0(guint8, set->count);
    return set;
}

void
cidr_set_free(CidrSet *set)
{
    if (set == NULL)
        return;
    g_free(set->is_used);
    g_free(set);
}

const char *
cidr_set_name(const CidrSet *set, guint index)
{
    guint shift = set->width - set->node_mask;
    Address address = set->base | (shift == set->width ? 0 : (Address)index << shift);
    guint8 bytes[16];
    char text[INET6_ADDRSTRLEN];

    for (guint i = 0; i < set->width / 8; i++)
        bytes[i] = (guint8)(address >> (set->width - 8 * (i + 1)));
    inet_ntop(set->width == 32 ? AF_INET : AF_INET6, bytes, text, sizeof text);
    return str_internf("%s/%u", text, set->node_mask);
}

/* --- blocks ------------------------------------------------------------------------------------------- */

const char *
cidr_set_allocate(CidrSet *set)
{
    guint index = set->next;

    if (set->allocated == set->count)
        return NULL;
    while (set->is_used[index])
        index = (index + 1) % set->count;
    set->is_used[index] = 1;
    set->allocated++;
    set->next = (index + 1) % set->count;
    return cidr_set_name(set, index);
}

/* The blocks that @cidr covers. FALSE if it lies outside. */
static gboolean
find_blocks(const CidrSet *set, const char *cidr, guint *out_first, guint *out_last)
{
    guint shift = set->width - set->node_mask;
    Address base;
    Address last;
    guint width;
    guint mask;

    if (!parse_cidr(cidr, &base, &width, &mask) || width != set->width)
        return FALSE;
    if (mask <= set->cluster_mask) {
        *out_first = 0;
        *out_last = set->count - 1;
        return mask == 0 || (base ^ set->base) >> (width - mask) == 0;
    }
    if (set->cluster_mask > 0 && (base ^ set->base) >> (width - set->cluster_mask) != 0)
        return FALSE;
    last = mask == width ? base : base | (((Address)1 << (width - mask)) - 1);
    *out_first = (guint)((base ^ set->base) >> shift);
    *out_last = (guint)((last ^ set->base) >> shift);
    return TRUE;
}

static gboolean
set_blocks(CidrSet *set, const char *cidr, guint8 value)
{
    guint first;
    guint last;

    if (!find_blocks(set, cidr, &first, &last))
        return FALSE;
    for (guint i = first; i <= last; i++) {
        if (set->is_used[i] == value)
            continue;
        set->is_used[i] = value;
        set->allocated = value ? set->allocated + 1 : set->allocated - 1;
    }
    return TRUE;
}

gboolean
cidr_set_occupy(CidrSet *set, const char *cidr)
{
    return set_blocks(set, cidr, 1);
}

gboolean
cidr_set_release(CidrSet *set, const char *cidr)
{
    return set_blocks(set, cidr, 0);
}
