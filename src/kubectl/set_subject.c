/* set_subject.c - set subject: users, groups and accounts of a binding; see set.h; k8s.io/kubectl pkg/cmd/set set_subject.go v0.34 */

#include "kubectl/generate.h"
#include "kubectl/set.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

gboolean
set_subject_words_are_fine(Command *command)
{
    g_autoptr(GPtrArray) accounts = generate_words(command, "serviceaccount");

    if (flag_bool(command, "all") && !str_is_empty(flag_string(command, "selector"))) {
        command_fail(command, "cannot set --all and --selector at the same time");
        return FALSE;
    }
    if (!flag_is_given(command, "user") && !flag_is_given(command, "group") && accounts->len == 0) {
        command_fail(command, "you must specify at least one value of user, group or serviceaccount");
        return FALSE;
    }
    for (guint i = 0; i < accounts->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(accounts, i), ":", -1);

        if (g_strv_length(parts) != 2) {
            command_fail(command, "serviceaccount must be <namespace>:<name>");
            return FALSE;
        }
    }
    return TRUE;
}

/* Unless it is there. */
static void
add_subject(Value *subjects, const char *kind, const char *name, const char *namespace_)
{
    g_autoptr(Value) subject = value_new_map();

    if (namespace_ == NULL)
        value_set(subject, "apiGroup", value_new_string(RBAC_GROUP));
    value_set(subject, "kind", value_new_string(kind));
    value_set(subject, "name", value_new_string(name));
    if (namespace_ != NULL && namespace_[0] != '\0')
        value_set(subject, "namespace", value_new_string(namespace_));
    for (guint i = 0; i < subjects->count; i++) {
        g_autoptr(Value) old = value_copy(subjects->items[i]);

        value_sort(old);
        if (value_equal(old, subject))
            return;
    }
    value_append(subjects, g_steal_pointer(&subject));
}

gboolean
set_subject(Command *command, const Target *target, Value *tree, char **out_why)
{
    static const char *const sorts[][2] = {{"user", "User"}, {"group", "Group"}};
    g_autoptr(GPtrArray) accounts = generate_words(command, "serviceaccount");
    Value *subjects;

    if (target->kind != &role_binding_kind && target->kind != &cluster_role_binding_kind) {
        *out_why = g_strdup("setting subjects is only supported for RoleBinding/ClusterRoleBinding");
        return FALSE;
    }
    subjects = value_get(tree, "subjects");
    if (subjects == NULL) {
        subjects = value_new_list();
        value_set(tree, "subjects", subjects);
    }
    for (guint s = 0; s < G_N_ELEMENTS(sorts); s++) {
        g_autoptr(GPtrArray) names = generate_words(command, sorts[s][0]);

        for (guint i = 0; i < names->len; i++)
            add_subject(subjects, sorts[s][1], g_ptr_array_index(names, i), NULL);
    }
    for (guint i = 0; i < accounts->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(accounts, i), ":", 2);

        add_subject(subjects, "ServiceAccount", parts[1], parts[0]);
    }
    return TRUE;
}
