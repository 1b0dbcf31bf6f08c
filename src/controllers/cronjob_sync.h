/*
 * cronjob_sync.h - when a CronJob is due
 *
 * Models v1.34 pkg/controller/cronjob/utils.go.
 */
#pragma once

#include "api/cron.h"
#include "api/kinds/batch.h"

typedef enum { NONE_MISSED, FEW_MISSED, MANY_MISSED } MissedSchedules;

typedef struct {
    gint64 earliest_ns;    /* the last start known, else the creation */
    gint64 most_recent_ns; /* due and not later than now; 0: none */
    MissedSchedules missed;
    gboolean is_invalid; /* no two times of the schedule are a second apart: it never fires */
} CronDue;

/* cron_due: what is due at @now_ns. @with_deadline: nothing older than startingDeadlineSeconds. */
CronDue cron_due(const ApiObject *cron, const CronSchedule *schedule, gint64 now_ns, gboolean with_deadline);
/* cron_delay_ns: how long the CronJob may rest: until just after its next time. */
gint64 cron_delay_ns(const ApiObject *cron, const CronSchedule *schedule, gint64 now_ns);
/* cron_job_name: of the Job that is started for @scheduled_ns. (interned) */
const char *cron_job_name(const ApiObject *cron, gint64 scheduled_ns);
/* cron_make_job: the Job for @scheduled_ns. (owned) */
ApiObject *cron_make_job(const ApiObject *cron, gint64 scheduled_ns);
/* cron_find_active: index of the Job with @uid in the list; -1: not there. */
int cron_find_active(const ApiObject *cron, const char *uid);
gboolean cron_drop_active(ApiObject *cron, const char *uid);
