/* The tables of what says where a pod may run: affinity, tolerations, spreading. */
#include "api/kinds/tables.h"

static const ApiField toleration_fields[] = {
    {"key", API_STRING, AT(Toleration, key),
     .doc = "Key of the taints tolerated; empty with Exists for every taint."},
    {"operator", API_STRING, AT(Toleration, operator_), .go_type = "v1.TolerationOperator",
     .doc = "Equal (if absent) compares the value; Exists takes any."},
    {"value", API_STRING, AT(Toleration, value), .doc = "Value of the taints tolerated."},
    {"effect", API_STRING, AT(Toleration, effect), .go_type = "v1.TaintEffect",
     .doc = "NoSchedule, PreferNoSchedule or NoExecute; every effect if absent."},
    {"tolerationSeconds", API_OPT_INT64, AT(Toleration, toleration_s),
     .doc = "How long a NoExecute taint is tolerated before eviction; for ever if absent."},
    {0},
};
const ApiType toleration_type =
    TYPE("Toleration", Toleration, toleration_fields, "Lets a pod onto nodes with some taint.");

static const ApiField node_requirement_fields[] = {
    {"key", API_STRING, AT(NodeSelectorRequirement, key), API_REQUIRED | API_ALWAYS,
     .doc = "The label key that the requirement is about."},
    {"operator", API_STRING, AT(NodeSelectorRequirement, operator_), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.NodeSelectorOperator", .doc = "In, NotIn, Exists, DoesNotExist, Gt or Lt."},
    {"values", API_STR_LIST, AT(NodeSelectorRequirement, values),
     .doc = "The values; exactly one integer for Gt and Lt, none for Exists and DoesNotExist."},
    {0},
};
static const ApiType node_requirement_type = TYPE("NodeSelectorRequirement",
                                                  NodeSelectorRequirement,
                                                  node_requirement_fields,
                                                  "One condition on a node.");

static const ApiField node_term_fields[] = {
    {"matchExpressions", API_MESSAGE_LIST, AT(NodeSelectorTerm, match_expressions),
     .message = &node_requirement_type, .doc = "Conditions on the node's labels."},
    {"matchFields", API_MESSAGE_LIST, AT(NodeSelectorTerm, match_fields),
     .message = &node_requirement_type, .doc = "Conditions on the node's fields (metadata.name)."},
    {0},
};
const ApiType node_selector_term_type =
    TYPE("NodeSelectorTerm",
         NodeSelectorTerm,
         node_term_fields,
         "Conditions that must all hold; an empty term matches no node.");

static const ApiField node_selector_fields[] = {
    {"nodeSelectorTerms", API_MESSAGE_LIST, AT(NodeSelector, terms), API_REQUIRED | API_ALWAYS,
     .message = &node_selector_term_type, .doc = "Terms of which one must match."},
    {0},
};
const ApiType node_selector_type =
    TYPE("NodeSelector", NodeSelector, node_selector_fields, "Selects nodes.");

static const ApiField preferred_term_fields[] = {
    {"weight", API_INT32, AT(PreferredSchedulingTerm, weight), API_REQUIRED | API_ALWAYS,
     .doc = "How much a match counts, 1 to 100."},
    {"preference", API_STRUCT, AT(PreferredSchedulingTerm, preference), API_REQUIRED | API_ALWAYS,
     .message = &node_selector_term_type, .doc = "The term that a node should match."},
    {0},
};
static const ApiType preferred_term_type = TYPE("PreferredSchedulingTerm",
                                                PreferredSchedulingTerm,
                                                preferred_term_fields,
                                                "A wish about the node, with its weight.");

static const ApiField node_affinity_fields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", API_MESSAGE, AT(NodeAffinity, required),
     .message = &node_selector_type, .doc = "What a node must match to be chosen."},
    {"preferredDuringSchedulingIgnoredDuringExecution", API_MESSAGE_LIST,
     AT(NodeAffinity, preferred), .message = &preferred_term_type,
     .doc = "What a node should match; the weights of the matches are added up."},
    {0},
};
static const ApiType node_affinity_type =
    TYPE("NodeAffinity", NodeAffinity, node_affinity_fields, "Which nodes a pod is drawn to.");

static const ApiField pod_affinity_term_fields[] = {
    {"labelSelector", API_MESSAGE, AT(PodAffinityTerm, label_selector),
     .message = &label_selector_type, .doc = "The pods meant; none if absent."},
    {"namespaces", API_STR_LIST, AT(PodAffinityTerm, namespaces),
     .doc = "Namespaces of the pods meant; the pod's own if nothing is said."},
    {"topologyKey", API_STRING, AT(PodAffinityTerm, topology_key), API_REQUIRED | API_ALWAYS,
     .doc = "Node label; nodes with the same value are one place."},
    {"namespaceSelector", API_MESSAGE, AT(PodAffinityTerm, namespace_selector),
     .message = &label_selector_type, .doc = "Selects further namespaces by their labels."},
    {"matchLabelKeys", API_STR_LIST, AT(PodAffinityTerm, match_label_keys),
     .doc = "Label keys whose values must be those of the incoming pod."},
    {"mismatchLabelKeys", API_STR_LIST, AT(PodAffinityTerm, mismatch_label_keys),
     .doc = "Label keys whose values must differ from those of the incoming pod."},
    {0},
};
static const ApiType pod_affinity_term_type =
    TYPE("PodAffinityTerm",
         PodAffinityTerm,
         pod_affinity_term_fields,
         "Pods, and the places next to which or away from which to run.");

static const ApiField weighted_term_fields[] = {
    {"weight", API_INT32, AT(WeightedPodAffinityTerm, weight), API_REQUIRED | API_ALWAYS,
     .doc = "How much a match counts, 1 to 100."},
    {"podAffinityTerm", API_STRUCT, AT(WeightedPodAffinityTerm, term), API_REQUIRED | API_ALWAYS,
     .message = &pod_affinity_term_type, .doc = "The term that should hold."},
    {0},
};
static const ApiType weighted_term_type = TYPE("WeightedPodAffinityTerm",
                                               WeightedPodAffinityTerm,
                                               weighted_term_fields,
                                               "A wish about neighbours, with its weight.");

static const ApiField pod_affinity_fields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", API_MESSAGE_LIST, AT(PodAffinity, required),
     .message = &pod_affinity_term_type, .doc = "What must hold for a node to be chosen."},
    {"preferredDuringSchedulingIgnoredDuringExecution", API_MESSAGE_LIST,
     AT(PodAffinity, preferred), .message = &weighted_term_type,
     .doc = "What should hold; the weights are added up."},
    {0},
};
static const ApiType pod_affinity_type =
    TYPE("PodAffinity", PodAffinity, pod_affinity_fields, "Near which pods to run.");
static const ApiType pod_anti_affinity_type =
    TYPE("PodAntiAffinity", PodAffinity, pod_affinity_fields, "Away from which pods to run.");

static const ApiField affinity_fields[] = {
    {"nodeAffinity", API_MESSAGE, AT(Affinity, node_affinity), .message = &node_affinity_type,
     .doc = "Which nodes the pod is drawn to."},
    {"podAffinity", API_MESSAGE, AT(Affinity, pod_affinity), .message = &pod_affinity_type,
     .doc = "Near which other pods to run."},
    {"podAntiAffinity", API_MESSAGE, AT(Affinity, pod_anti_affinity),
     .message = &pod_anti_affinity_type, .doc = "Away from which other pods to run."},
    {0},
};
const ApiType affinity_type =
    TYPE("Affinity", Affinity, affinity_fields, "Rules that draw a pod to nodes or push it away.");

static const ApiField spread_fields[] = {
    {"maxSkew", API_INT32, AT(TopologySpreadConstraint, max_skew), API_REQUIRED | API_ALWAYS,
     .doc = "How many more matching pods one place may have than the place with the fewest."},
    {"topologyKey", API_STRING, AT(TopologySpreadConstraint, topology_key),
     API_REQUIRED | API_ALWAYS, .doc = "Node label; nodes with the same value are one place."},
    {"whenUnsatisfiable", API_STRING, AT(TopologySpreadConstraint, when_unsatisfiable),
     API_REQUIRED | API_ALWAYS, .go_type = "v1.UnsatisfiableConstraintAction",
     .doc = "DoNotSchedule waits for a place that fits; ScheduleAnyway only prefers it."},
    {"labelSelector", API_MESSAGE, AT(TopologySpreadConstraint, label_selector),
     .message = &label_selector_type, .doc = "The pods that are counted."},
    {"minDomains", API_OPT_INT32, AT(TopologySpreadConstraint, min_domains),
     .doc = "With fewer places than this the smallest count is taken to be 0."},
    {"nodeAffinityPolicy", API_STRING, AT(TopologySpreadConstraint, node_affinity_policy),
     API_POINTER, .go_type = "v1.NodeInclusionPolicy",
     .doc = "Honor (if absent) counts only nodes that the pod's node affinity allows."},
    {"nodeTaintsPolicy", API_STRING, AT(TopologySpreadConstraint, node_taints_policy), API_POINTER,
     .go_type = "v1.NodeInclusionPolicy",
     .doc = "Honor leaves out nodes with taints that the pod does not tolerate."},
    {"matchLabelKeys", API_STR_LIST, AT(TopologySpreadConstraint, match_label_keys),
     .doc = "Label keys whose values must be those of the incoming pod."},
    {0},
};
const ApiType topology_spread_constraint_type = TYPE("TopologySpreadConstraint",
                                                     TopologySpreadConstraint,
                                                     spread_fields,
                                                     "How evenly pods must be spread over places.");
