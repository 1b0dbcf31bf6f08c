/* desk8s.c - see desk8s.h */

#include "desk8s.h"

#include "base/duration.h"
#include "scenario/run.h"

struct Desk8s {
    Scenario *scenario;
    Run *run;
};

typedef struct {
    gboolean is_done;
    int exit;
    char *out, *err; /* (owned) */
    Sim *sim;
} Answer;

const char *
desk8s_version(void)
{
    return DESK8S_VERSION;
}

Desk8s *
desk8s_open(const char *scenario_path, uint64_t seed, char **out_message)
{
    g_autoptr(Diag) diag = diag_new();
    Scenario *scenario = scenario_load(scenario_path, NULL, diag);
    Desk8s *desk8s;

    if (scenario == NULL || diag_count_errors(diag) > 0) {
        if (out_message != NULL)
            *out_message = diag_format(diag);
        scenario_free(scenario);
        return NULL;
    }
    desk8s = g_new0(Desk8s, 1);
    desk8s->scenario = scenario;
    desk8s->run = run_new(scenario, &(RunOptions){.seed = seed}, NULL);
    return desk8s;
}

void
desk8s_close(Desk8s *desk8s)
{
    if (desk8s == NULL)
        return;
    run_free(desk8s->run);
    scenario_free(desk8s->scenario);
    g_free(desk8s);
}

static Sim *
sim_of(const Desk8s *desk8s)
{
    return run_cluster(desk8s->run)->sim;
}

int64_t
desk8s_now_ns(const Desk8s *desk8s)
{
    return sim_now_ns(sim_of(desk8s));
}

int64_t
desk8s_end_ns(const Desk8s *desk8s)
{
    return run_end_ns(desk8s->run);
}

int
desk8s_run_until(Desk8s *desk8s, int64_t time_ns)
{
    return run_advance(desk8s->run, time_ns) ? 1 : 0;
}

int
desk8s_step(Desk8s *desk8s)
{
    return sim_step(sim_of(desk8s)) ? 1 : 0;
}

static void
answered(gpointer user, const KubectlResult *result)
{
    Answer *answer = user;

    answer->out = g_strdup(result->out->str);
    answer->err = g_strdup(result->err->str);
    answer->exit = result->exit;
    answer->is_done = TRUE;
    sim_stop(answer->sim);
}

int
desk8s_kubectl(Desk8s *desk8s, const char *line, const char *input, char **out_stdout, char **out_stderr)
{
    g_auto(GStrv) words = kubectl_split(line, NULL);
    Answer answer = {.sim = sim_of(desk8s)};

    if (words == NULL)
        return -1;
    kubectl_run(run_cluster(desk8s->run)->kubectl, (const char *const *)words, input, answered, &answer);
    while (!answer.is_done)
        sim_run_until(answer.sim, sim_now_ns(answer.sim) + NS_PER_S);
    if (out_stdout != NULL)
        *out_stdout = g_steal_pointer(&answer.out);
    if (out_stderr != NULL)
        *out_stderr = g_steal_pointer(&answer.err);
    g_free(answer.out);
    g_free(answer.err);
    return answer.exit;
}

char *
desk8s_get(Desk8s *desk8s, const char *kind, const char *namespace_, const char *name)
{
    const ApiKind *found = api_kind_find_resource(kind);
    const ApiObject *object = NULL;
    g_autoptr(Value) tree = NULL;

    if (found != NULL)
        object = apiserver_peek(run_cluster(desk8s->run)->server, found, found->is_namespaced ? str_intern(namespace_) : NULL, str_intern(name));
    if (object == NULL)
        return NULL;
    tree = api_object_encode(object);
    return value_to_json(tree, VALUE_INDENT4);
}

int
desk8s_failures(const Desk8s *desk8s)
{
    return (int)run_failures(desk8s->run);
}

void
desk8s_finish(Desk8s *desk8s)
{
    run_finish(desk8s->run);
}

uint64_t
desk8s_fingerprint(const Desk8s *desk8s)
{
    return sim_fingerprint(sim_of(desk8s));
}

void
desk8s_free_text(char *text)
{
    g_free(text);
}
