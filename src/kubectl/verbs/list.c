/* list.c - every verb, by name */

#include "kubectl/internal.h"

extern const Verb annotate_verb, api_resources_verb, api_versions_verb, apply_verb, attach_verb,
    auth_verb, autoscale_verb, cluster_info_verb, config_verb, cordon_verb, cp_verb, exec_verb, create_verb, delete_verb, describe_verb, diff_verb,
    drain_verb, edit_verb, events_verb, explain_verb, expose_verb, get_verb, help_verb, kustomize_verb, label_verb, logs_verb, options_verb, patch_verb,
    replace_verb, rollout_verb, run_verb, scale_verb, set_verb, taint_verb, top_verb, uncordon_verb,
    version_verb, wait_verb;

/* One line each, by name. */
/* clang-format off */
const Verb *const kubectl_verb_list[] = {
    &annotate_verb,
    &api_resources_verb,
    &api_versions_verb,
    &apply_verb,
    &attach_verb,
    &auth_verb,
    &autoscale_verb,
    &cluster_info_verb,
    &config_verb,
    &cordon_verb,
    &cp_verb,
    &create_verb,
    &delete_verb,
    &describe_verb,
    &diff_verb,
    &drain_verb,
    &edit_verb,
    &events_verb,
    &exec_verb,
    &explain_verb,
    &expose_verb,
    &get_verb,
    &help_verb,
    &kustomize_verb,
    &label_verb,
    &logs_verb,
    &options_verb,
    &patch_verb,
    &replace_verb,
    &rollout_verb,
    &run_verb,
    &scale_verb,
    &set_verb,
    &taint_verb,
    &top_verb,
    &uncordon_verb,
    &version_verb,
    &wait_verb,
    NULL,
};
/* clang-format on */
