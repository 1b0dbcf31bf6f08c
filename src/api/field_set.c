/* field_set.c - see field_set.h: the sets themselves */

#include "api/field_set.h"

#include "base/intern.h"

struct FieldSet {
    const char *step; /* (interned) NULL: root */
    gboolean is_member;
    GPtrArray *below; /* (owned) of FieldSet*, by step; NULL: none */
};

FieldSet *
field_set_new(void)
{
    return g_new0(FieldSet, 1);
}

void
field_set_free(FieldSet *set)
{
    if (set == NULL)
        return;
    if (set->below != NULL)
        g_ptr_array_unref(set->below);
    g_free(set);
}

static guint
n_below(const FieldSet *set)
{
    return set == NULL || set->below == NULL ? 0 : set->below->len;
}

static FieldSet *
below_at(const FieldSet *set, guint i)
{
    return g_ptr_array_index(set->below, i);
}

/* Where @step is or belongs among the children. */
static guint
place_of(const FieldSet *set, const char *step, gboolean *out_is_there)
{
    guint low = 0, high = n_below(set);

    while (low < high) {
        guint middle = (low + high) / 2;

        if (strcmp(below_at(set, middle)->step, step) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_is_there = low < n_below(set) && strcmp(below_at(set, low)->step, step) == 0;
    return low;
}

FieldSet *
field_set_find(const FieldSet *set, const char *step)
{
    gboolean is_there;
    guint at = place_of(set, step, &is_there);

    return is_there ? below_at(set, at) : NULL;
}

FieldSet *
field_set_child(FieldSet *set, const char *step)
{
    gboolean is_there;
    guint at = place_of(set, step, &is_there);
    FieldSet *child;

    if (is_there)
        return below_at(set, at);
    if (set->below == NULL)
        set->below = g_ptr_array_new_with_free_func((GDestroyNotify)field_set_free);
    child = field_set_new();
    child->step = str_intern(step);
    g_ptr_array_insert(set->below, (gint)at, child);
    return child;
}

void
field_set_mark(FieldSet *place)
{
    place->is_member = TRUE;
}

gboolean
field_set_has(const FieldSet *place)
{
    return place != NULL && place->is_member;
}

gboolean
field_set_is_empty(const FieldSet *set)
{
    if (set->is_member)
        return FALSE;
    for (guint i = 0; i < n_below(set); i++)
        if (!field_set_is_empty(below_at(set, i)))
            return FALSE;
    return TRUE;
}

FieldSet *
field_set_copy(const FieldSet *set)
{
    FieldSet *copy = field_set_new();

    field_set_add(copy, set);
    return copy;
}

/* Places without any path go. */
static void
tidy(FieldSet *set)
{
    for (guint i = n_below(set); i-- > 0;)
        if (field_set_is_empty(below_at(set, i)))
            g_ptr_array_remove_index(set->below, i);
}

void
field_set_take(FieldSet *set, const char *step)
{
    gboolean is_there;
    guint at = place_of(set, step, &is_there);

    if (is_there)
        g_ptr_array_remove_index(set->below, at);
    tidy(set);
}

gboolean
field_set_equal(const FieldSet *a, const FieldSet *b)
{
    if (a->is_member != b->is_member || n_below(a) != n_below(b))
        return FALSE;
    for (guint i = 0; i < n_below(a); i++)
        if (below_at(a, i)->step != below_at(b, i)->step || !field_set_equal(below_at(a, i), below_at(b, i)))
            return FALSE;
    return TRUE;
}

void
field_set_add(FieldSet *to, const FieldSet *from)
{
    to->is_member |= from->is_member;
    for (guint i = 0; i < n_below(from); i++)
        if (!field_set_is_empty(below_at(from, i)))
            field_set_add(field_set_child(to, below_at(from, i)->step), below_at(from, i));
}

void
field_set_subtract(FieldSet *from, const FieldSet *paths)
{
    if (paths->is_member)
        from->is_member = FALSE;
    for (guint i = 0; i < n_below(paths); i++) {
        FieldSet *child = field_set_find(from, below_at(paths, i)->step);

        if (child != NULL)
            field_set_subtract(child, below_at(paths, i));
    }
    tidy(from);
}

FieldSet *
field_set_meet(const FieldSet *a, const FieldSet *b)
{
    FieldSet *both = field_set_new();

    both->is_member = a->is_member && b->is_member;
    for (guint i = 0; i < n_below(a); i++) {
        const FieldSet *other = field_set_find(b, below_at(a, i)->step);
        FieldSet *child;

        if (other == NULL)
            continue;
        child = field_set_meet(below_at(a, i), other);
        child->step = other->step;
        if (field_set_is_empty(child)) {
            field_set_free(child);
            continue;
        }
        if (both->below == NULL)
            both->below = g_ptr_array_new_with_free_func((GDestroyNotify)field_set_free);
        g_ptr_array_add(both->below, child);
    }
    return both;
}

void
field_set_name_all(FieldSet *set)
{
    for (guint i = 0; i < n_below(set); i++) {
        if (below_at(set, i)->step[0] == 'f')
            below_at(set, i)->is_member = TRUE;
        field_set_name_all(below_at(set, i));
    }
}

/* --- as text ----------------------------------------------------------------------------- */

/* PathElement.String */
void
field_step_append(GString *out, const char *step)
{
    g_autoptr(Value) value = NULL;

    if (step[0] == 'f') {
        g_string_append_printf(out, ".%s", step + 2);
        return;
    }
    value = value_read_json(step + 2, strlen(step + 2), NULL);
    g_string_append_c(out, '[');
    if (step[0] == 'k' && value != NULL) {
        for (guint i = 0; i < value->count; i++) {
            g_string_append_printf(out, "%s%s=", i > 0 ? "," : "", value->keys[i]);
            value_append_json(out, value->items[i], VALUE_NO_HTML_ESCAPE);
        }
    } else {
        g_string_append_printf(out, "=%s", step + 2);
    }
    g_string_append_c(out, ']');
}

static void
collect_paths(const FieldSet *set, GString *path, GPtrArray *out)
{
    gsize length = path->len;

    for (guint round = 0; round < 2; round++)
        for (guint i = 0; i < n_below(set); i++) {
            const FieldSet *child = below_at(set, i);

            if (round == 0 && !child->is_member)
                continue;
            field_step_append(path, child->step);
            if (round == 0)
                g_ptr_array_add(out, (gpointer)str_intern(path->str));
            else
                collect_paths(child, path, out);
            g_string_truncate(path, length);
        }
}

GPtrArray *
field_set_paths(const FieldSet *set)
{
    GPtrArray *out = g_ptr_array_new();
    g_autoptr(GString) path = g_string_new(NULL);

    collect_paths(set, path, out);
    return out;
}

static void
read_into(FieldSet *set, const Value *fields)
{
    if (fields->type != VALUE_MAP)
        return;
    for (guint i = 0; i < fields->count; i++) {
        FieldSet *child;

        if (strcmp(fields->keys[i], ".") == 0) {
            set->is_member = TRUE;
            continue;
        }
        child = field_set_child(set, fields->keys[i]);
        if (fields->items[i]->count == 0)
            child->is_member = TRUE;
        else
            read_into(child, fields->items[i]);
    }
}

FieldSet *
field_set_read(const Value *fields_v1)
{
    FieldSet *set = field_set_new();

    if (fields_v1 != NULL)
        read_into(set, fields_v1);
    return set;
}

Value *
field_set_write(const FieldSet *set)
{
    Value *map = value_new_map();

    if (set->is_member && n_below(set) > 0)
        value_add_member(map, ".", value_new_map());
    for (guint i = 0; i < n_below(set); i++)
        if (!field_set_is_empty(below_at(set, i)))
            value_add_member(map, below_at(set, i)->step, field_set_write(below_at(set, i)));
    return map;
}
