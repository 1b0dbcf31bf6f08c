/* checks.c - see checks.h */

#include "scenario/checks.h"

#include "base/duration.h"

typedef struct {
    const ScExpect *expect;
    RunCheck result;
    gboolean is_open;    /* being looked at */
    gboolean has_held;   /* always: it held once */
    gboolean is_dirty;   /* what it looks at changed */
    ConditionTopic topic;
    SimTimer deadline;   /* within; at a time */
    Checks *checks;
} Check;

struct Checks {
    Cluster *cluster;
    const ConditionSource *source;
    Check *items; /* (owned) */
    guint count;
    gboolean until_met, until_is_dirty;
    ConditionTopic until_topic;
    SimTimer look; /* after a change, once per instant */
    SimTimer tick; /* traffic and commands change without the API */
};

static void
decide(Check *check, gboolean has_passed, const char *found)
{
    check->result.is_decided = TRUE;
    check->result.has_passed = has_passed;
    check->result.decided_ns = sim_now_ns(check->checks->cluster->sim);
    check->result.found = str_intern(found);
    check->is_open = FALSE;
    sim_timer_disarm(&check->deadline);
}

/* Conditions at one instant are not looked at before it. */
static gboolean
is_continuous(const Check *check)
{
    return check->expect->always != NULL || check->expect->has_within;
}

static void
look_at(Check *check)
{
    Checks *checks = check->checks;
    const ScExpect *expect = check->expect;
    g_autofree char *found = NULL;
    gboolean holds = condition_holds(check->result.text, checks->cluster, checks->source, &found);

    if (expect->always != NULL) {
        if (holds)
            check->has_held = TRUE;
        else if (check->has_held)
            decide(check, FALSE, found);
    } else if (holds && expect->has_within) {
        decide(check, TRUE, found);
    }
}

static void
checks_on_look(Sim *sim, gpointer self)
{
    Checks *checks = self;
    const char *until = checks->cluster->scenario->spec.until;

    for (guint i = 0; i < checks->count; i++)
        if (checks->items[i].is_open && checks->items[i].is_dirty && is_continuous(&checks->items[i])) {
            checks->items[i].is_dirty = FALSE;
            look_at(&checks->items[i]);
        }
    if (until == NULL || !checks->until_is_dirty)
        return;
    checks->until_is_dirty = FALSE;
    if (condition_holds(until, checks->cluster, checks->source, NULL)) {
        checks->until_met = TRUE;
        sim_stop(sim);
    }
}

static void
checks_on_tick(Sim *sim, gpointer self)
{
    Checks *checks = self;

    for (guint i = 0; i < checks->count; i++)
        checks->items[i].is_dirty = checks->items[i].is_dirty || checks->items[i].topic.type == TOPIC_CLOCK;
    checks->until_is_dirty = checks->until_is_dirty || checks->until_topic.type == TOPIC_CLOCK;
    checks_on_look(sim, checks);
    sim_timer_arm_after(&checks->tick, NS_PER_S);
}

static gboolean
concerns(const ConditionTopic *topic, const ApiObject *object)
{
    if (topic->type == TOPIC_CLOCK || topic->kind != object->kind)
        return FALSE;
    return topic->type == TOPIC_KIND || (str_is(topic->name, api_name(object)) && (topic->namespace_ == NULL || str_is(topic->namespace_, api_namespace(object))));
}

static void
checks_on_change(gpointer user, WatchType type, const ApiObject *object)
{
    Checks *checks = user;
    gboolean is_any = FALSE;

    (void)type;
    for (guint i = 0; i < checks->count; i++)
        if (checks->items[i].is_open && is_continuous(&checks->items[i]) && concerns(&checks->items[i].topic, object))
            checks->items[i].is_dirty = is_any = TRUE;
    if (checks->cluster->scenario->spec.until != NULL && concerns(&checks->until_topic, object))
        checks->until_is_dirty = is_any = TRUE;
    if (is_any && !checks->look.is_armed)
        sim_timer_arm_after(&checks->look, 0);
}

static void
checks_on_deadline(Sim *sim, gpointer self)
{
    Check *check = self;
    g_autofree char *found = NULL;
    gboolean holds = condition_holds(check->result.text, check->checks->cluster, check->checks->source, &found);

    (void)sim;
    decide(check, holds, found);
}

static const char *
rule_of(const ScExpect *expect)
{
    g_autofree char *within = expect->has_within ? duration_format_go(expect->within_ns) : NULL;

    if (expect->always != NULL)
        return expect->after != NULL ? str_internf("always after %s", expect->after) : str_intern("always");
    if (within != NULL && expect->after != NULL)
        return str_internf("within %s after %s", within, expect->after);
    if (within != NULL)
        return str_internf("within %s", within);
    if (expect->at != NULL && !str_is(expect->at, "end"))
        return str_internf("at %s", expect->at);
    if (expect->after != NULL)
        return str_internf("after %s", expect->after);
    return str_intern("at the end");
}

/* A condition begins to be looked at. */
static void
open_check(Check *check)
{
    const ScExpect *expect = check->expect;
    gint64 at_ns;

    check->is_open = TRUE;
    if (expect->has_within)
        sim_timer_arm_after(&check->deadline, expect->within_ns);
    else if (expect->at != NULL && duration_parse(expect->at, &at_ns))
        sim_timer_arm_at(&check->deadline, at_ns);
    else if (expect->after != NULL && expect->always == NULL && expect->at == NULL)
        sim_timer_arm_after(&check->deadline, 0);
    if (is_continuous(check))
        look_at(check);
}

/* Some condition is about leases: it is looked at whenever one is renewed. */
static gboolean
looks_at_leases(const Checks *checks)
{
    for (guint i = 0; i < checks->count; i++)
        if (checks->items[i].topic.kind == &lease_kind)
            return TRUE;
    return checks->until_topic.kind == &lease_kind;
}

Checks *
checks_new(Cluster *cluster, const ConditionSource *source)
{
    Checks *checks = g_new0(Checks, 1);
    const ScSpec *spec = &cluster->scenario->spec;

    checks->cluster = cluster;
    checks->source = source;
    checks->count = spec->expect.count;
    checks->items = g_new0(Check, MAX(checks->count, 1));
    sim_timer_init(&checks->look, cluster->sim, SIM_OBSERVE, checks_on_look, checks);
    sim_timer_init(&checks->tick, cluster->sim, SIM_OBSERVE, checks_on_tick, checks);
    for (guint i = 0; i < checks->count; i++) {
        Check *check = &checks->items[i];

        check->expect = (const ScExpect *)(gconstpointer)spec->expect.items + i;
        check->checks = checks;
        check->result.text = check->expect->that != NULL ? check->expect->that : check->expect->always;
        check->result.rule = rule_of(check->expect);
        check->topic = condition_topic(check->result.text);
        sim_timer_init(&check->deadline, cluster->sim, SIM_OBSERVE, checks_on_deadline, check);
        if (check->expect->after == NULL)
            open_check(check);
    }
    if (spec->until != NULL)
        checks->until_topic = condition_topic(spec->until);
    checks->until_is_dirty = TRUE;
    if (checks->count > 0 || spec->until != NULL) {
        if (looks_at_leases(checks))
            apiserver_add_tap(cluster->server, checks_on_change, checks);
        else
            apiserver_add_sparing_tap(cluster->server, checks_on_change, checks);
        sim_timer_arm_after(&checks->tick, NS_PER_S);
    }
    return checks;
}

void
checks_free(Checks *checks)
{
    if (checks == NULL)
        return;
    for (guint i = 0; i < checks->count; i++)
        sim_timer_clear(&checks->items[i].deadline);
    sim_timer_clear(&checks->look);
    sim_timer_clear(&checks->tick);
    g_free(checks->items);
    g_free(checks);
}

void
checks_anchor(Checks *checks, const char *id)
{
    for (guint i = 0; i < checks->count; i++) {
        Check *check = &checks->items[i];
        if (str_is(check->expect->after, id) && !check->is_open && !check->result.is_decided)
            open_check(check);
    }
}

void
checks_finish(Checks *checks)
{
    for (guint i = 0; i < checks->count; i++) {
        Check *check = &checks->items[i];
        g_autofree char *found = NULL;
        gboolean holds;

        if (check->result.is_decided)
            continue;
        holds = condition_holds(check->result.text, checks->cluster, checks->source, &found);
        if (!check->is_open && check->expect->after != NULL)
            decide(check, FALSE, "the entry never ended");
        else if (check->expect->always != NULL)
            decide(check, holds && check->has_held, check->has_held ? found : "it never held");
        else
            decide(check, holds, found);
    }
}

gboolean
checks_until_met(const Checks *checks)
{
    return checks->until_met;
}

guint
checks_count(const Checks *checks)
{
    return checks->count;
}

const RunCheck *
checks_get(const Checks *checks, guint index)
{
    return &checks->items[index].result;
}
