#include "controllers/util.h"

#define FNV_PRIME_32 16777619u
#define HASH_LABEL   "pod-template-hash"

/* apimachinery pkg/util/rand: no vowels, none of 0 1 3. */
static const char safe_letters[] = "bcdfghjklmnpqrstvwxz2456789";

const char *
safe_encode(guint32 hash)
{
    char text[16];

    g_snprintf(text, sizeof text, "%u", hash);
    for (char *at = text; *at != '\0'; at++)
        *at = safe_letters[(guchar)*at % (sizeof safe_letters - 1)];
    return str_intern(text);
}

/*
 * v1.34 pkg/controller/controller_utils.go, ComputeHash: FNV-1a over the
 * template, then over eight bytes of the collision count if there is one.
 * DEVIATES: the original hashes Go's dump of the struct; here it is our own
 * canonical text, so the names are others, but equal for equal templates.
 */
const char *
template_hash(const PodTemplateSpec *template_, OptInt32 collision_count)
{
    guint32 hash = api_struct_hash(&pod_template_spec_type, template_);

    if (collision_count.is_set) {
        guint32 count = (guint32)collision_count.value;

        for (guint i = 0; i < 8; i++) {
            hash ^= i < 4 ? (count >> (8 * i)) & 0xff : 0;
            hash *= FNV_PRIME_32;
        }
    }
    return safe_encode(hash);
}

/* The labels of @template_ without the hash; the rest is shared with it. */
static PodTemplateSpec
without_hash(const PodTemplateSpec *template_)
{
    PodTemplateSpec plain = *template_;

    plain.metadata.labels = (StrMap){0};
    str_map_copy(&plain.metadata.labels, &template_->metadata.labels);
    str_map_remove(&plain.metadata.labels, HASH_LABEL);
    return plain;
}

gboolean
template_equal_ignoring_hash(const PodTemplateSpec *a, const PodTemplateSpec *b)
{
    PodTemplateSpec plain_a = without_hash(a);
    PodTemplateSpec plain_b = without_hash(b);
    gboolean is_equal = api_struct_equal(&pod_template_spec_type, &plain_a, &plain_b);

    str_map_clear(&plain_a.metadata.labels);
    str_map_clear(&plain_b.metadata.labels);
    return is_equal;
}
