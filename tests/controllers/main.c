#include "tests/controllers/suites.h"

#include <stdlib.h>

int
main(void)
{
    SRunner *runner = srunner_create(replicaset_suite());
    int failed;

    srunner_add_suite(runner, replicaset_sync_suite());
    srunner_add_suite(runner, deployment_suite());
    srunner_add_suite(runner, deployment_sync_suite());
    srunner_add_suite(runner, deployment_sets_suite());
    srunner_add_suite(runner, endpoints_suite());
    srunner_add_suite(runner, endpointslice_suite());
    srunner_add_suite(runner, endpointpack_suite());
    srunner_add_suite(runner, endpointlabels_suite());
    srunner_add_suite(runner, endpointzones_suite());
    srunner_add_suite(runner, nodelifecycle_suite());
    srunner_add_suite(runner, nodezones_suite());
    srunner_add_suite(runner, eviction_suite());
    srunner_add_suite(runner, garbage_suite());
    srunner_add_suite(runner, namespace_suite());
    srunner_add_suite(runner, daemonset_manage_suite());
    srunner_add_suite(runner, daemonset_rolling_suite());
    srunner_add_suite(runner, set_book_suite());
    srunner_add_suite(runner, sets_suite());
    srunner_add_suite(runner, statefulset_claims_suite());
    srunner_add_suite(runner, statefulset_script_suite());
    srunner_add_suite(runner, cloudinit_suite());
    srunner_add_suite(runner, cloudnode_suite());
    srunner_add_suite(runner, cloudservice_suite());
    srunner_add_suite(runner, cost_suite());
    srunner_add_suite(runner, protection_suite());
    srunner_add_suite(runner, ephemeral_suite());
    srunner_add_suite(runner, podautoscaler_suite());
    srunner_add_suite(runner, podautoscaler_limits_suite());
    srunner_add_suite(runner, disruption_suite());
    srunner_add_suite(runner, cron_job_suite());
    srunner_add_suite(runner, job_suite());
    srunner_add_suite(runner, job_track_suite());
    srunner_add_suite(runner, job_backoff_suite());
    srunner_add_suite(runner, job_index_suite());
    srunner_add_suite(runner, job_policy_suite());
    srunner_add_suite(runner, revisions_suite());
    srunner_add_suite(runner, quota_suite());
    srunner_add_suite(runner, tokens_suite());
    srunner_add_suite(runner, podgc_suite());
    srunner_add_suite(runner, volumebinder_suite());
    srunner_add_suite(runner, ttl_suite());
    srunner_add_suite(runner, vpa_suite());
    srunner_add_suite(runner, wakes_suite());
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
