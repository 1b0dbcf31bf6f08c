/*
 * quota.h - charging what is created to the quotas of its namespace
 *
 * Models: v1.34 apiserver admission/plugin/resourcequota: one batch of requests at
 * a time per namespace; the usage of all that are let through is written before any
 * of them goes on. Included by files of apiserver/ only.
 */
#pragma once

#include "apiserver/server.h"

QuotaCharger *quota_charger_new(ApiServer *server);
void quota_charger_free(QuotaCharger *charger);
/* quota_charger_clear: the server died with all its calls. */
void quota_charger_clear(QuotaCharger *charger);
/*
 * quota_charge: call->pending, about to be created, is charged; then @next. It is
 * answered with 403 instead if a quota has no room. At once if no quota is about it.
 */
void quota_charge(Call *call, CallStep next);
/*
 * quota_charge_update: the same for a change; what it adds is written by the way.
 * Returns: (owned) the refusal, or NULL.
 */
ApiStatus *quota_charge_update(Call *call, const ApiObject *object, const ApiObject *old);
