/* timeline.c - see timeline.h */

#include "scenario/timeline.h"

#include "base/duration.h"
#include "scenario/faults.h"
#include "scenario/substitute.h"

typedef struct {
    Timeline *timeline;
    const ScEntry *entry;
    SimTimer fire;
    SimTimer undo;         /* fault with duration */
    GPtrArray *fault_nodes; /* (owned) targets of the fault under way */
    gint64 fired;          /* how often */
    Rng *rng;              /* of a fault that happens at random; NULL: it does not, or not yet */
    guint running;         /* commands that have not ended */
    gboolean has_ended;
} Item;

typedef struct {
    Timeline *timeline;
    Item *item; /* NULL: a manifest */
    char *out, *err;   /* (owned) */
    char *line, *input; /* (owned) a command that waits for its substitutions */
    gsize put_until;    /* what stands before it in @line was put there: no substitutions in it */
    gsize begin, end;   /* of the one under way */
    GString *inner_err; /* (owned) what inner commands said; NULL: nothing */
    RunCommand command;
} Command;

struct Timeline {
    Cluster *cluster;
    Checks *checks;
    Item *items; /* (owned) */
    guint count;
    GPtrArray *commands; /* (owned) of Command* */
    GArray *marks;       /* of RunMark */
    guint next_manifest;
    ConditionSource source;
};

static void item_ended(Item *item);

static void
add_mark(Timeline *timeline, RunMarkType type, const char *text)
{
    RunMark mark = {type, sim_now_ns(timeline->cluster->sim), str_intern(text)};

    g_array_append_val(timeline->marks, mark);
}

/* --- commands --------------------------------------------------------------------------- */

static void
command_ended(Command *command, int exit, const char *out, const char *err)
{
    command->command.end_ns = sim_now_ns(command->timeline->cluster->sim);
    command->command.exit = exit;
    command->out = g_strdup(out);
    command->err = g_strconcat(command->inner_err != NULL ? command->inner_err->str : "", err, NULL);
    command->command.out = command->out;
    command->command.err = command->err;
    if (command->item == NULL)
        return;
    command->item->running--;
    item_ended(command->item);
}

static void
command_done(gpointer user, const KubectlResult *result)
{
    command_ended(user, result->exit, result->out->str, result->err->str);
}

static void run_line(Command *command);

static void
inner_done(gpointer user, const KubectlResult *result)
{
    Command *command = user;
    char *line = substitute_put(command->line, command->begin, command->end, result->out->str, &command->put_until);

    g_free(command->line);
    command->line = line;
    if (result->err->len > 0) {
        if (command->inner_err == NULL)
            command->inner_err = g_string_new(NULL);
        g_string_append(command->inner_err, result->err->str);
    }
    run_line(command);
}

/* The next $(kubectl ...) of a line, or the line itself when none is left. */
static void
run_line(Command *command)
{
    g_autofree char *inner = substitute_find(command->line, command->put_until, &command->begin, &command->end);
    const char *text = inner != NULL ? inner : command->line;
    g_autofree char *message = NULL;
    g_auto(GStrv) argv = kubectl_split(g_str_has_prefix(text, "kubectl ") ? text + strlen("kubectl ") : text, &message);

    if (argv == NULL)
        command_ended(command, 1, "", message);
    else
        kubectl_run(command->timeline->cluster->kubectl, (const char *const *)argv, command->input, inner != NULL ? inner_done : command_done, command);
}

static Command *
start_command(Timeline *timeline, Item *item, const char *line, const char *const *argv, const char *input)
{
    Command *command = g_new0(Command, 1);
    Sim *sim = timeline->cluster->sim;

    command->timeline = timeline;
    command->item = item;
    command->command = (RunCommand){.id = item != NULL ? item->entry->id : NULL, .line = str_intern(line), .start_ns = sim_now_ns(sim), .end_ns = -1, .out = "", .err = "", .is_manifest = item == NULL};
    g_ptr_array_add(timeline->commands, command);
    if (item != NULL)
        item->running++;
    sim_trace(sim, "user", "kubectl", NULL, "Command", "kubectl %s", line);
    if (argv != NULL) {
        kubectl_run(timeline->cluster->kubectl, argv, input, command_done, command);
    } else {
        command->line = g_strdup(line);
        command->input = g_strdup(input);
        run_line(command);
    }
    return command;
}

static void
command_free(gpointer data)
{
    Command *command = data;

    g_free(command->out);
    g_free(command->err);
    g_free(command->line);
    g_free(command->input);
    if (command->inner_err != NULL)
        g_string_free(command->inner_err, TRUE);
    g_free(command);
}

/* --- what is planned ------------------------------------------------------------------------ */

/* A fault that follows something at less than this is not seen coming by those who compute what they need not play. */
#define NOTICE_NS (2 * NS_PER_S)

/* When the next fault may begin or end; in the past if it may be any time. */
static gint64
next_fault_ns(const Item *item)
{
    const ScEntry *entry = item->entry;
    gint64 next_ns = item->undo.is_armed ? item->undo.due_ns : G_MAXINT64;

    if (entry->verb != ENTRY_FAULT)
        return G_MAXINT64;
    if (item->fire.is_armed)
        return MIN(next_ns, item->fire.due_ns);
    if (item->fired == 0 && entry->after != NULL && (!entry->has_delay || entry->delay_ns < NOTICE_NS))
        return G_MININT64;
    return next_ns;
}

static void
tell_calm(const Timeline *timeline)
{
    gint64 next_ns = G_MAXINT64;

    for (guint i = 0; i < timeline->count; i++)
        next_ns = MIN(next_ns, next_fault_ns(&timeline->items[i]));
    world_set_calm(timeline->cluster->world, next_ns);
}

/* --- firing ------------------------------------------------------------------------------- */

/* A fault that happens at random waits for its next time, any other one has ended. */
static void
fault_over(Item *item)
{
    const FaultArgs *args = item->entry->fault_args;

    if (item->rng != NULL)
        sim_timer_arm_after(&item->fire, rng_exponential_ns(item->rng, args->mttf_ns));
    else
        item_ended(item);
}

static void
fire_fault(Item *item)
{
    Timeline *timeline = item->timeline;
    const FaultArgs *args = item->entry->fault_args;
    g_autofree char *sentence = NULL;

    if (item->fault_nodes != NULL)
        g_ptr_array_unref(item->fault_nodes);
    sentence = fault_begin(timeline->cluster, args, &item->fault_nodes);
    add_mark(timeline, MARK_FAULT, sentence);
    if (item->entry->id != NULL)
        checks_anchor(timeline->checks, item->entry->id);
    if (args->has_mttr)
        sim_timer_arm_after(&item->undo, rng_exponential_ns(item->rng, args->mttr_ns));
    else if (args->has_duration)
        sim_timer_arm_after(&item->undo, args->duration_ns);
    else
        fault_over(item);
}

static void
timeline_on_undo(Sim *sim, gpointer self)
{
    Item *item = self;
    const FaultArgs *args = item->entry->fault_args;
    g_autofree char *text = fault_end(item->timeline->cluster, args, item->fault_nodes);

    (void)sim;
    add_mark(item->timeline, MARK_FAULT_END, text);
    fault_over(item);
    tell_calm(item->timeline);
}

static void
fire_traffic(Item *item)
{
    const ScChange *change = &item->entry->change;
    Traffic *traffic = cluster_find_traffic(item->timeline->cluster, change->name);
    g_autofree char *text = g_strdup_printf("traffic %s: %s", change->name, value_get_string(item->entry->traffic, "rate", ""));

    traffic_set_rate(traffic, change->rate_micro);
    add_mark(item->timeline, MARK_TRAFFIC, text);
    item_ended(item);
}

static void
fire_set(Item *item)
{
    Cluster *cluster = item->timeline->cluster;
    const ScApplication *application = item->entry->application;
    AppRule *rule = &cluster->app_rules[item->entry->app_rule];
    g_autofree char *text = NULL;

    rule->match_image = application->match.image;
    text = g_strdup_printf("new containers of %s behave otherwise", rule->match_image != NULL ? rule->match_image : "all images");
    sim_trace(cluster->sim, "scenario", "set", NULL, "Set", "%s", text);
    add_mark(item->timeline, MARK_SET, text);
    item_ended(item);
}

static void
fire(Item *item)
{
    const ScEntry *entry = item->entry;
    g_autofree char *text = NULL;

    sim_set_cause(item->timeline->cluster->sim, 0);
    switch (entry->verb) {
    case ENTRY_KUBECTL:
        text = g_strdup_printf("%s%s", g_str_has_prefix(entry->kubectl, "kubectl ") ? "" : "kubectl ", entry->kubectl);
        add_mark(item->timeline, MARK_KUBECTL, text);
        start_command(item->timeline, item, entry->kubectl, substitute_is_needed(entry->kubectl) ? NULL : (const char *const *)entry->argv, entry->input);
        return;
    case ENTRY_FAULT:
        fire_fault(item);
        return;
    case ENTRY_MARK:
        add_mark(item->timeline, MARK_NOTE, entry->mark);
        item_ended(item);
        return;
    case ENTRY_TRAFFIC:
        fire_traffic(item);
        return;
    case ENTRY_SET:
        fire_set(item);
        return;
    default:
        g_assert_not_reached();
    }
}

static gboolean
fires_again(const Item *item)
{
    const ScEntry *entry = item->entry;

    if (!entry->has_every)
        return FALSE;
    if (entry->has_times && item->fired >= entry->times)
        return FALSE;
    return !entry->has_until || sim_now_ns(item->timeline->cluster->sim) + entry->every_ns <= entry->until_ns;
}

static void
timeline_on_fire(Sim *sim, gpointer self)
{
    Item *item = self;
    const FaultArgs *args = item->entry->fault_args;

    item->fired++;
    if (args != NULL && args->has_mttf && item->rng == NULL) {
        g_autofree char *stream = g_strdup_printf("timeline/%u", (guint)(item - item->timeline->items));

        item->rng = rng_stream(sim, stream);
        fault_over(item);
    } else {
        if (fires_again(item))
            sim_timer_arm_after(&item->fire, item->entry->every_ns);
        fire(item);
    }
    tell_calm(item->timeline);
}

/* What waits for this entry begins to count. */
static void
item_ended(Item *item)
{
    Timeline *timeline = item->timeline;

    if (item->has_ended || item->fire.is_armed || item->running > 0)
        return;
    item->has_ended = TRUE;
    if (item->entry->id == NULL)
        return;
    if (item->entry->verb != ENTRY_FAULT)
        checks_anchor(timeline->checks, item->entry->id);
    for (guint i = 0; i < timeline->count; i++) {
        Item *other = &timeline->items[i];
        if (str_is(other->entry->after, item->entry->id))
            sim_timer_arm_after(&other->fire, other->entry->has_delay ? other->entry->delay_ns : 0);
    }
    tell_calm(timeline);
}

/* --- life ------------------------------------------------------------------------------------- */

static gboolean
source_command(gpointer self, const char *id, int *out_exit, const char **out_stdout, const char **out_stderr)
{
    const Timeline *timeline = self;

    for (guint i = timeline->commands->len; i > 0; i--) {
        const Command *command = g_ptr_array_index(timeline->commands, i - 1);
        if (!str_is(command->command.id, id) || command->command.end_ns < 0)
            continue;
        *out_exit = command->command.exit;
        *out_stdout = command->command.out;
        *out_stderr = command->command.err;
        return TRUE;
    }
    return FALSE;
}

Timeline *
timeline_new(Cluster *cluster)
{
    Timeline *timeline = g_new0(Timeline, 1);
    const ScList *list = &cluster->scenario->spec.timeline;

    timeline->cluster = cluster;
    timeline->commands = g_ptr_array_new_with_free_func(command_free);
    timeline->marks = g_array_new(FALSE, FALSE, sizeof(RunMark));
    timeline->source = (ConditionSource){timeline, source_command};
    timeline->count = list->count;
    timeline->items = g_new0(Item, MAX(list->count, 1));
    for (guint i = 0; i < list->count; i++) {
        Item *item = &timeline->items[i];

        item->timeline = timeline;
        item->entry = (const ScEntry *)(gconstpointer)list->items + i;
        sim_timer_init(&item->fire, cluster->sim, SIM_WORLD, timeline_on_fire, item);
        sim_timer_init(&item->undo, cluster->sim, SIM_WORLD, timeline_on_undo, item);
    }
    return timeline;
}

/* Manifests are applied file by file, as `kubectl apply -f FILE` at 0 s; documents of the scenario itself from standard input. */
static void
apply_manifests(Timeline *timeline)
{
    const Scenario *scenario = timeline->cluster->scenario;
    GString *inline_text = g_string_new(NULL);

    for (guint i = 0; i < scenario->spec.manifests.count; i++) {
        const char *argv[] = {"apply", "-f", scenario->spec.manifests.items[i], NULL};
        g_autofree char *line = g_strdup_printf("apply -f %s", argv[2]);

        start_command(timeline, NULL, line, argv, NULL);
    }
    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);
        g_autofree char *text = NULL;

        if (!str_is(manifest->file, scenario->file))
            continue;
        text = value_to_yaml(manifest->value);
        g_string_append_printf(inline_text, "---\n%s\n", text);
    }
    if (inline_text->len > 0) {
        const char *argv[] = {"apply", "-f", "-", NULL};
        start_command(timeline, NULL, "apply -f -", argv, inline_text->str);
    }
    g_string_free(inline_text, TRUE);
}

void
timeline_start(Timeline *timeline, Checks *checks)
{
    timeline->checks = checks;
    apply_manifests(timeline);
    for (guint i = 0; i < timeline->count; i++) {
        Item *item = &timeline->items[i];

        if (item->entry->has_at)
            sim_timer_arm_at(&item->fire, item->entry->at_ns);
        else if (item->entry->has_every && item->entry->after == NULL)
            sim_timer_arm_at(&item->fire, item->entry->every_ns);
    }
    tell_calm(timeline);
}

void
timeline_free(Timeline *timeline)
{
    if (timeline == NULL)
        return;
    for (guint i = 0; i < timeline->count; i++) {
        sim_timer_clear(&timeline->items[i].fire);
        sim_timer_clear(&timeline->items[i].undo);
        if (timeline->items[i].fault_nodes != NULL)
            g_ptr_array_unref(timeline->items[i].fault_nodes);
    }
    g_free(timeline->items);
    g_ptr_array_unref(timeline->commands);
    g_array_unref(timeline->marks);
    g_free(timeline);
}

const ConditionSource *
timeline_source(Timeline *timeline)
{
    return &timeline->source;
}

guint
timeline_command_count(const Timeline *timeline)
{
    return timeline->commands->len;
}

const RunCommand *
timeline_command(const Timeline *timeline, guint index)
{
    return &((Command *)g_ptr_array_index(timeline->commands, index))->command;
}

guint
timeline_mark_count(const Timeline *timeline)
{
    return timeline->marks->len;
}

const RunMark *
timeline_mark(const Timeline *timeline, guint index)
{
    return &g_array_index(timeline->marks, RunMark, index);
}
