/*
 * pod_review.h - a pod held against the Pod Security Standards, for pod_baseline.c, pod_restricted.c and pod_standards.c
 *
 * One function a check: it reports what it finds, and nothing if all is well. Texts are interned.
 */
#pragma once

#include "apiserver/admission/pod_standards.h"

typedef struct {
    const PodSpec *spec;
    const StrMap *annotations;
    const Container **containers; /* those of the init phase first; ended by NULL */
    guint minor;
    gboolean with_details;
    GString *out;
} Review;

void review_report(Review *review, const char *reason, const char *detail);

/* --- words: a text for one or for many; "a", "b"; a between b; what is in a set stands once, in order --- */

const char *review_plural(const char *one, const char *many, guint n);
const char *review_quote(const StrList *texts);
const char *review_join(const StrList *texts, const char *between);
void review_add_once(StrList *set, const char *text);
/* containers "a", "b"; the same with the pod itself, where it is one of them. */
const char *review_name_containers(const StrList *names);
const char *review_name_setters(gboolean is_pod, const StrList *names);

/* --- security contexts: a member of a container's or the pod's, NULL if it is absent or null --- */

const Value *review_context(const Container *container, const char *key);
const Value *review_pod_context(const Review *review, const char *key);
gboolean review_is_flag(const Value *value, gboolean flag);
gboolean review_is_windows(const Review *review);

/*
 * review_find_added: who adds a capability that is not among @allowed, and which. review_describe_added: what is said of it.
 */
void review_find_added(const Review *review, const char *const *allowed, StrList *names, StrList *added);
const char *review_describe_added(const StrList *names, const StrList *added);

/* --- pod_baseline.c --- */

void pod_check_app_armor(Review *review);
void pod_check_capabilities(Review *review);
void pod_check_host_namespaces(Review *review);
void pod_check_host_paths(Review *review);
void pod_check_host_ports(Review *review);
void pod_check_hosts(Review *review);
void pod_check_privileged(Review *review);
void pod_check_proc_mount(Review *review);
void pod_check_relabels(Review *review);
void pod_check_seccomp(Review *review);
void pod_check_sysctls(Review *review);
void pod_check_host_process(Review *review);

/* --- pod_restricted.c --- */

void pod_check_escalation(Review *review);
void pod_check_capabilities_restricted(Review *review);
void pod_check_volumes(Review *review);
void pod_check_non_root(Review *review);
void pod_check_user(Review *review);
void pod_check_seccomp_restricted(Review *review);
