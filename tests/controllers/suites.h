/* suites.h - the suites of this room */
#pragma once

#include <check.h>

Suite *replicaset_suite(void);
Suite *replicaset_sync_suite(void);
Suite *deployment_suite(void);
Suite *deployment_sync_suite(void);
Suite *deployment_sets_suite(void);
Suite *endpointslice_suite(void);
Suite *nodelifecycle_suite(void);
Suite *nodezones_suite(void);
Suite *eviction_suite(void);
Suite *garbage_suite(void);
Suite *namespace_suite(void);
Suite *daemonset_manage_suite(void);
Suite *daemonset_rolling_suite(void);
Suite *sets_suite(void);
Suite *cloudinit_suite(void);
Suite *cloudnode_suite(void);
Suite *cloudservice_suite(void);
Suite *cost_suite(void);
Suite *protection_suite(void);
Suite *podautoscaler_suite(void);
Suite *podautoscaler_limits_suite(void);
Suite *disruption_suite(void);
Suite *cron_job_suite(void);
Suite *job_suite(void);
Suite *job_track_suite(void);
Suite *job_backoff_suite(void);
Suite *job_index_suite(void);
Suite *job_policy_suite(void);
Suite *revisions_suite(void);
Suite *quota_suite(void);
Suite *tokens_suite(void);
Suite *podgc_suite(void);
Suite *vpa_suite(void);
