/* value_json_write.c - JSON text, with the escapes and the order of Go's encoding/json, and values as Go prints them; see value.h */

#include "base/value.h"

static void
json_write_text(GString *out, const char *text, gboolean escapes_html)
{
    g_string_append_c(out, '"');
    for (const char *at = text; *at != '\0';) {
        gsize plain = 0;

        while ((guchar)at[plain] >= 0x20 && (guchar)at[plain] < 0x80 && at[plain] != '"' &&
               at[plain] != '\\' && at[plain] != '<' && at[plain] != '>' && at[plain] != '&')
            plain++;
        g_string_append_len(out, at, (gssize)plain);
        at += plain;

        guchar c = (guchar)*at;

        if (c == '\0')
            break;
        if (c >= 0x80) {
            gunichar code = g_utf8_get_char_validated(at, -1);

            if (code == (gunichar)-1 || code == (gunichar)-2) {
                g_string_append(out, "\\ufffd");
                at++;
                continue;
            }
            /* Line separators are no white space in JavaScript. */
            if (code == 0x2028 || code == 0x2029)
                g_string_append_printf(out, "\\u%04x", code);
            else
                g_string_append_unichar(out, code);
            at = g_utf8_next_char(at);
            continue;
        }
        if (c == '"' || c == '\\')
            g_string_append_c(g_string_append_c(out, '\\'), (char)c);
        else if (c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t')
            g_string_append_c(g_string_append_c(out, '\\'), "btn.fr"[c - '\b']);
        else if (c < 0x20 || escapes_html)
            g_string_append_printf(out, "\\u%04x", c);
        else
            g_string_append_c(out, (char)c);
        at++;
    }
    g_string_append_c(out, '"');
}

static void
json_write_break(GString *out, ValueJsonFlags flags, guint depth)
{
    guint step = (flags & VALUE_INDENT4) != 0 ? 4 : (flags & VALUE_INDENT1) != 0 ? 1 : 0;

    if (step == 0)
        return;
    g_string_append_c(out, '\n');
    for (guint i = 0; i < step * depth; i++)
        g_string_append_c(out, ' ');
}

static int
compare_keys(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const Value *map = user_data;

    return strcmp(map->keys[*(const guint *)a], map->keys[*(const guint *)b]);
}

guint *
value_sorted_order(const Value *map)
{
    guint *order = g_new(guint, map->count + 1);

    for (guint i = 0; i < map->count; i++)
        order[i] = i;
    g_qsort_with_data(order, (int)map->count, sizeof *order, compare_keys, (gpointer)map);
    return order;
}

static void json_write(GString *out, const Value *value, ValueJsonFlags flags, guint depth);

static void
json_write_map(GString *out, const Value *map, ValueJsonFlags flags, guint depth)
{
    gboolean escapes_html = (flags & VALUE_NO_HTML_ESCAPE) == 0;
    gboolean is_indented = (flags & (VALUE_INDENT4 | VALUE_INDENT1)) != 0;
    g_autofree guint *order = (flags & VALUE_SORTED) != 0 ? value_sorted_order(map) : NULL;

    g_string_append_c(out, '{');
    for (guint i = 0; i < map->count; i++) {
        guint at = order == NULL ? i : order[i];

        if (i > 0)
            g_string_append_c(out, ',');
        json_write_break(out, flags, depth + 1);
        json_write_text(out, map->keys[at], escapes_html);
        g_string_append(out, is_indented ? ": " : ":");
        json_write(out, map->items[at], flags, depth + 1);
    }
    if (map->count > 0)
        json_write_break(out, flags, depth);
    g_string_append_c(out, '}');
}

static void
json_write(GString *out, const Value *value, ValueJsonFlags flags, guint depth)
{
    switch (value->type) {
    case VALUE_NULL:
        g_string_append(out, "null");
        break;
    case VALUE_BOOL:
        g_string_append(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
    case VALUE_FLOAT:
        g_string_append(out, value->text);
        break;
    case VALUE_STRING:
        json_write_text(out, value->text, (flags & VALUE_NO_HTML_ESCAPE) == 0);
        break;
    case VALUE_LIST:
        g_string_append_c(out, '[');
        for (guint i = 0; i < value->count; i++) {
            if (i > 0)
                g_string_append_c(out, ',');
            json_write_break(out, flags, depth + 1);
            json_write(out, value->items[i], flags, depth + 1);
        }
        if (value->count > 0)
            json_write_break(out, flags, depth);
        g_string_append_c(out, ']');
        break;
    case VALUE_MAP:
        json_write_map(out, value, flags, depth);
        break;
    }
}

void
value_append_json(GString *out, const Value *value, ValueJsonFlags flags)
{
    json_write(out, value, flags, 0);
}

char *
value_to_json(const Value *value, ValueJsonFlags flags)
{
    GString *out = g_string_new(NULL);

    json_write(out, value, flags, 0);
    return g_string_free(out, FALSE);
}

void
value_append_go(GString *out, const Value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        g_string_append(out, "<nil>");
        break;
    case VALUE_BOOL:
        g_string_append(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_STRING:
        g_string_append(out, value->text);
        break;
    case VALUE_LIST:
        g_string_append_c(out, '[');
        for (guint i = 0; i < value->count; i++) {
            g_string_append(out, i > 0 ? " " : "");
            value_append_go(out, value->items[i]);
        }
        g_string_append_c(out, ']');
        break;
    case VALUE_MAP: {
        g_autofree guint *order = value_sorted_order(value);

        g_string_append(out, "map[");
        for (guint i = 0; i < value->count; i++) {
            g_string_append_printf(out, "%s%s:", i > 0 ? " " : "", value->keys[order[i]]);
            value_append_go(out, value->items[order[i]]);
        }
        g_string_append_c(out, ']');
        break;
    }
    }
}
