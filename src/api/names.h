/*
 * names.h - the patterns of names, labels and keys, with the API's messages
 *
 * Models: apimachinery pkg/util/validation v1.34. Each check adds its messages
 * (interned) to @messages; several faults give several messages, length first.
 */
#pragma once

#include "api/schema.h"

typedef enum {
    NAME_DNS_SUBDOMAIN,
    NAME_DNS_SEARCH, /* a subdomain with underscores: where a resolver looks */
    NAME_DNS_LABEL,
    NAME_DNS1035_LABEL,
    NAME_PATH_SEGMENT,
    NAME_QUALIFIED,
    NAME_LABEL_VALUE,
    NAME_PORT,
    NAME_CONFIG_KEY,
    NAME_ENV,
    NAME_PERCENT,
} NameRule;

/* name_check: TRUE if @text is fine. @is_prefix: generateName, a trailing '-' is masked. */
gboolean name_check(NameRule rule, const char *text, gboolean is_prefix, StrList *messages);
/* name_is_fine: name_check of an interned @text, whole and without messages; what passed once is remembered (base/caches.h). */
gboolean name_is_fine(NameRule rule, const char *text);
gboolean name_is_ip(const char *text);
