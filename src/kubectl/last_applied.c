/* last_applied.c - see last_applied.h */

#include "kubectl/last_applied.h"

/*
 * The manifest as it is kept in the annotation: without the annotation itself, compact,
 * sorted, a newline at the end.
 */
static char *
text_of(const Value *manifest)
{
    g_autoptr(Value) copy = value_copy(manifest);
    Value *metadata = value_get(copy, "metadata");
    Value *annotations = metadata != NULL ? value_get(metadata, "annotations") : NULL;
    g_autofree char *text = NULL;

    if (metadata != NULL && metadata->type == VALUE_MAP) {
        if (annotations == NULL || annotations->type != VALUE_MAP)
            value_set(metadata, "annotations", value_new_map());
        else
            value_remove(annotations, LAST_APPLIED);
    }
    text = value_to_json(copy, VALUE_SORTED);
    return g_strconcat(text, "\n", NULL);
}

Value *
last_applied_add(const Value *manifest)
{
    Value *copy = value_copy(manifest);
    Value *metadata = value_get(copy, "metadata");
    g_autofree char *text = text_of(manifest);

    if (metadata == NULL || metadata->type != VALUE_MAP)
        return copy;
    if (value_get(metadata, "annotations") == NULL || value_get(metadata, "annotations")->type != VALUE_MAP)
        value_set(metadata, "annotations", value_new_map());
    value_set(value_get(metadata, "annotations"), LAST_APPLIED, value_new_string(text));
    return copy;
}

Value *
last_applied_for(const Command *command, const Value *manifest)
{
    const Value *annotations = value_get_path(manifest, "metadata", "annotations", NULL);

    if (flag_bool(command, "save-config") || (annotations != NULL && value_get(annotations, LAST_APPLIED) != NULL))
        return last_applied_add(manifest);
    return value_copy(manifest);
}
