/* explain_timer.c - desk8s explain timer [VERSION | NAME]: what is waited for, and what differs between versions */

#include "cli/cli.h"

#include "api/profile.h"
#include "base/diag.h"
#include "base/duration.h"

#include <stdio.h>

#define COLUMNS 80

/* @text in lines of at most 80 columns, each behind @indent spaces. */
static void
print_wrapped(guint indent, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize at = 0;

    for (guint i = 0; words[i] != NULL; i++) {
        gsize length = strlen(words[i]);

        if (at > 0 && at + 1 + length > COLUMNS) {
            putchar('\n');
            at = 0;
        }
        if (at == 0) {
            printf("%*s%s", (int)indent, "", words[i]);
            at = indent + length;
        } else {
            printf(" %s", words[i]);
            at += 1 + length;
        }
    }
    putchar('\n');
}

static void
print_title(const char **last, const char *component)
{
    if (*last == NULL || strcmp(*last, component) != 0)
        printf("\n%s\n", component);
    *last = component;
}

static void
print_about(const char *doc, const char *source)
{
    g_autofree char *text = g_strdup_printf("%s [%s]", doc, source);

    print_wrapped(6, text);
}

/* "50s (40s before 1.32)": what it is in v1.@minor, and that it was or will be otherwise. */
static void
print_timer(const ProfileTimer *timer, guint minor)
{
    g_autofree char *value = duration_format_go(profile_timer_ns((TimerId)(timer - profile_timers), minor));

    printf("  %s  %s", timer->name, value);
    if (timer->changes != 0) {
        g_autofree char *other = duration_format_go(minor >= timer->changes ? timer->ns : timer->changed_ns);

        printf(" (%s %s 1.%u)", other, minor >= timer->changes ? "before" : "from", timer->changes);
    }
    putchar('\n');
    print_about(timer->doc, timer->source);
}

static void
print_features(guint minor)
{
    printf("\nWhat else differs between versions\n");
    for (guint i = 0; i < FEATURE_N; i++) {
        const ProfileFeature *feature = &profile_features[i];

        printf("  %s  %s: ", feature->name, profile_has((FeatureId)i, minor) ? "yes" : "no");
        if (feature->since == PROFILE_NEVER)
            printf("a gate that is off by default, %s\n", feature->component);
        else
            printf("%ssince 1.%u, %s\n", feature->gate != 0 ? "a gate, open " : "", feature->since, feature->component);
        print_about(feature->doc, feature->source);
    }
}

static GPtrArray *
timer_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < TIMER_N; i++)
        g_ptr_array_add(names, (gpointer)profile_timers[i].name);
    return names;
}

static GPtrArray *
gate_names(void)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < FEATURE_N; i++)
        if (profile_features[i].gate != 0)
            g_ptr_array_add(names, (gpointer)profile_features[i].name);
    return names;
}

/* The nearest of @given, or those that contain what was written; frees @given. */
static int
unknown_name(const char *topic, const char *what, GPtrArray *given)
{
    g_autoptr(GPtrArray) names = given;
    g_autoptr(GString) hint = g_string_new(NULL);
    const char *near;

    for (guint i = 0; i < names->len; i++)
        if (strstr(names->pdata[i], what) != NULL)
            g_string_append_printf(hint, "%s%s", hint->len > 0 ? ", " : "", (const char *)names->pdata[i]);
    g_ptr_array_add(names, NULL);
    near = diag_nearest(what, (const char *const *)names->pdata);
    if (hint->len == 0 && near != NULL)
        g_string_append(hint, near);
    if (hint->len == 0)
        g_string_append_printf(hint, "a name from `desk8s explain %s`", topic);
    return cli_usage(&cli_explain_command, "there is no %s '%s', and no version; write %s, or 1.%d to 1.%d", topic, what, hint->str,
                     PROFILE_MINOR_FIRST, PROFILE_MINOR_LAST);
}

int
cli_explain_timer(const char *what)
{
    const ProfileTimer *only = what != NULL ? profile_timer_find(what) : NULL;
    const char *component = NULL;
    guint64 minor = 34;

    if (only == NULL && what != NULL &&
        (!g_str_has_prefix(what, "1.") ||
         !g_ascii_string_to_unsigned(what + 2, 10, PROFILE_MINOR_FIRST, PROFILE_MINOR_LAST, &minor, NULL)))
        return unknown_name("timer", what, timer_names());
    printf("Timers of Kubernetes 1.%u\n", (guint)minor);
    for (guint i = 0; i < TIMER_N; i++) {
        if (only != NULL && only != &profile_timers[i])
            continue;
        print_title(&component, profile_timers[i].component);
        print_timer(&profile_timers[i], (guint)minor);
    }
    if (only == NULL)
        print_features((guint)minor);
    return CLI_OK;
}

/* "open since 1.35; locked from 1.36" */
static void
print_gate(const ProfileFeature *gate, guint minor)
{
    gboolean is_open = profile_has((FeatureId)(gate - profile_features), minor);

    printf("\n%s  %s", gate->name, minor < gate->gate ? "not there yet" : is_open ? "true" : "false");
    if (gate->gate > PROFILE_MINOR_FIRST)
        printf(", from 1.%u", gate->gate);
    if (gate->since != PROFILE_NEVER)
        printf(", open by default from 1.%u", gate->since);
    if (gate->locked != 0)
        printf(", cannot be set from 1.%u", gate->locked);
    printf(" (%s)\n", gate->component);
    print_about(gate->doc, gate->source);
}

int
cli_explain_gate(const char *what)
{
    guint64 minor = 34;
    FeatureId only = what != NULL ? profile_gate_find(what) : FEATURE_N;

    if (only == FEATURE_N && what != NULL &&
        (!g_str_has_prefix(what, "1.") ||
         !g_ascii_string_to_unsigned(what + 2, 10, PROFILE_MINOR_FIRST, PROFILE_MINOR_LAST, &minor, NULL)))
        return unknown_name("gate", what, gate_names());
    printf("Feature gates of Kubernetes 1.%u that cluster.featureGates can set\n", (guint)minor);
    for (guint i = 0; i < FEATURE_N; i++)
        if (profile_features[i].gate != 0 && (only == FEATURE_N || only == (FeatureId)i))
            print_gate(&profile_features[i], (guint)minor);
    return CLI_OK;
}
