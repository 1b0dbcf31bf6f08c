/* tell.c - see tell.h */

#include "cli/tell.h"

#include "base/duration.h"
#include "base/intern.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_COLUMN 10 /* sentences begin there, after the clock */
#define NO_COMMAND G_MAXUINT

struct Teller {
    Run *run;
    gboolean is_quiet, shows_bar, has_bar;
    guint n_marks;      /* told */
    GArray *pending;    /* of guint: commands whose output is still to be told, oldest first */
    guint n_commands;   /* of which are in `pending`, or were */
    guint last_command; /* whose line or output was told last */
    gint64 started_us;  /* of the machine's clock: for the bar only */
    guint64 events_shown;
};

Teller *
teller_new(Run *run, gboolean is_quiet)
{
    Teller *teller = g_new0(Teller, 1);

    teller->run = run;
    teller->is_quiet = is_quiet;
    teller->shows_bar = !is_quiet && terminal_is(STDERR_FILENO);
    teller->pending = g_array_new(FALSE, FALSE, sizeof(guint));
    teller->last_command = NO_COMMAND;
    teller->started_us = g_get_monotonic_time();
    return teller;
}

void
teller_free(Teller *teller)
{
    if (teller == NULL)
        return;
    g_array_unref(teller->pending);
    g_free(teller);
}

void
teller_end(Teller *teller)
{
    if (teller->has_bar)
        fputs("\r\033[K", stderr);
    teller->has_bar = FALSE;
}

static void
say(Teller *teller, gint64 time_ns, const char *sentence, Tone tone)
{
    g_autofree char *clock = duration_format_clock(time_ns, 0);
    g_autofree char *line = g_strdup_printf("%8s  %s", clock, sentence);

    teller_end(teller);
    terminal_print(line, TEXT_COLUMN, tone);
}

/* As kubectl prints it: a table is not broken. */
static void
print_output(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '\0' || lines[i + 1] != NULL)
            printf("%*s|%s%s\n", TEXT_COLUMN, "", lines[i][0] != '\0' ? " " : "", lines[i]);
}

static void
tell_output(Teller *teller, guint index)
{
    const RunCommand *command = run_command(teller->run, index);

    teller_end(teller);
    if (str_is_empty(command->out) && str_is_empty(command->err))
        return;
    if (!command->is_manifest && teller->last_command != index)
        printf("%*s$ %s%s\n", TEXT_COLUMN, "", g_str_has_prefix(command->line, "kubectl ") ? "" : "kubectl ", command->line);
    print_output(command->out);
    print_output(command->err);
    teller->last_command = index;
}

/* The command that this mark announces: commands begin in the order of their marks. */
static guint
command_of(const Teller *teller, const RunMark *mark)
{
    for (guint i = 0; mark->type == MARK_KUBECTL && i < teller->pending->len; i++) {
        guint index = g_array_index(teller->pending, guint, i);
        const RunCommand *command = run_command(teller->run, index);

        if (command->start_ns >= mark->time_ns && g_str_has_suffix(mark->text, command->line))
            return index;
    }
    return NO_COMMAND;
}

static void
tell_mark(Teller *teller, const RunMark *mark)
{
    static const Tone tones[] = {[MARK_KUBECTL] = TONE_BOLD, [MARK_FAULT] = TONE_BAD, [MARK_FAULT_END] = TONE_PLAIN,
                                 [MARK_NOTE] = TONE_BOLD, [MARK_TRAFFIC] = TONE_PLAIN, [MARK_SET] = TONE_PLAIN};

    if (mark->type == MARK_KUBECTL)
        teller->last_command = command_of(teller, mark);
    say(teller, mark->time_ns, mark->text, tones[mark->type]);
}

/* Index in `pending` of the command that ended first, of those that have ended. */
static guint
next_ended(const Teller *teller)
{
    guint found = NO_COMMAND;
    gint64 soonest = G_MAXINT64;

    for (guint i = 0; i < teller->pending->len; i++) {
        const RunCommand *command = run_command(teller->run, g_array_index(teller->pending, guint, i));

        if (command->end_ns >= 0 && command->end_ns < soonest) {
            soonest = command->end_ns;
            found = i;
        }
    }
    return found;
}

static void
show_bar(Teller *teller)
{
    Sim *sim = run_cluster(teller->run)->sim;
    gint64 now = sim_now_ns(sim);
    gint64 end = MAX(run_end_ns(teller->run), 1);
    gint64 spent_us = MAX(g_get_monotonic_time() - teller->started_us, 1);
    int filled = (int)(now * 30 / end);
    g_autofree char *clock = duration_format_clock(now, 0);

    fprintf(stderr, "\r\033[K[%.*s%*s] %s  %" G_GINT64_FORMAT "x  %" G_GUINT64_FORMAT " events", filled,
            "##############################", 30 - filled, "", clock, now / 1000 / spent_us, sim_counters(sim).events);
    fflush(stderr);
    teller->has_bar = TRUE;
}

static void
tell_news(Teller *teller)
{
    for (; teller->n_commands < run_command_count(teller->run); teller->n_commands++)
        g_array_append_val(teller->pending, teller->n_commands);
    while (TRUE) {
        const RunMark *mark = teller->n_marks < run_mark_count(teller->run) ? run_mark(teller->run, teller->n_marks) : NULL;
        guint ended = next_ended(teller);
        guint index = ended != NO_COMMAND ? g_array_index(teller->pending, guint, ended) : 0;

        if (mark == NULL && ended == NO_COMMAND)
            return;
        if (ended == NO_COMMAND || (mark != NULL && mark->time_ns <= run_command(teller->run, index)->end_ns)) {
            tell_mark(teller, mark);
            teller->n_marks++;
        } else {
            tell_output(teller, index);
            g_array_remove_index(teller->pending, ended);
        }
    }
}

void
teller_narrate(gpointer self, gint64 time_ns, const char *sentence)
{
    Teller *teller = self;

    if (teller->is_quiet)
        return;
    tell_news(teller); /* what happened before it is told before it */
    say(teller, time_ns, sentence, TONE_PLAIN);
}

void
teller_catch_up(Teller *teller)
{
    guint64 events = sim_counters(run_cluster(teller->run)->sim).events;

    if (!teller->is_quiet)
        tell_news(teller);
    if (teller->shows_bar && events > teller->events_shown + 20000) {
        teller->events_shown = events;
        show_bar(teller);
    }
}
