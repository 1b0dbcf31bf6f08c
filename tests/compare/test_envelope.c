/* What recordings have in common, and which facts lie outside: the rules of tests/recordings/compare.py, envelope() and check(). */

#include "compare/envelope.h"
#include "tests/compare/log.h"

#include <check.h>

Suite *envelope_suite(void);

#define POD(T, NAME, NODE) "{'t':" #T ",'type':'ADDED','object':{'kind':'Pod','metadata':{'name':'" NAME "'},'spec':{'nodeName':'" NODE "'},'status':{'phase':'Running'}}}\n"
#define SET(T, N) "{'t':" #T ",'type':'MODIFIED','object':{'kind':'ReplicaSet','metadata':{'name':'web','uid':'w'},'spec':{'replicas':" #N "},'status':{}}}\n"
#define OF_SET(T, NAME, NODE) \
    "{'t':" #T ",'type':'ADDED','object':{'kind':'Pod','metadata':{'name':'" NAME "','uid':'" NAME "','ownerReferences':[{'kind':'ReplicaSet','name':'web','uid':'w','controller':true}]}," \
    "'spec':{'nodeName':'" NODE "'},'status':{'phase':'Running'}}}\n"
#define EVENT(UID, COUNT) \
    "{'t':1,'type':'ADDED','object':{'kind':'Event','metadata':{'name':'" UID "','uid':'" UID "'},'source':{'component':'job-controller'},'reason':'R','involvedObject':{'kind':'Job'},'count':" #COUNT "}}\n"

#define WATCHED "{'type':'ADDED','object':{'kind':'Pod','metadata':{'name':'p','resourceVersion':'5','creationTimestamp':'2026-11-21T00:00:20Z'},'spec':{},'status':{}}}\n"

static Value *
envelope_of(const char *const *logs, gboolean has_kubelets)
{
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)facts_free);

    for (guint i = 0; i < 3 && logs[i] != NULL; i++)
        g_ptr_array_add(runs, log_facts(logs[i], has_kubelets));
    return envelope_new(runs, has_kubelets, "1.5", "0.0");
}

/* --- making one ---------------------------------------------------------------------------------- */

static const struct {
    const char *logs[3];
    const char *fact, *want; /* JSON with ' */
    gboolean has_kubelets;
} made[] = {
    {{POD(1, "p", "a"), POD(1.2, "p", "a")}, "time Pod/p pod created", "{'times':[[1.0,1.2]]}"},
    {{OF_SET(2, "p", "a") OF_SET(1, "q", "a"), OF_SET(1.5, "p", "a") OF_SET(1.6, "q", "a")}, "time ReplicaSet/web pod created", "{'times':[[1.0,1.5],[1.6,2.0]]}"},
    {{OF_SET(2, "p", "a") OF_SET(3, "q", "a"), OF_SET(1.5, "p", "a")}, "time ReplicaSet/web pod created", "{'count':[1,2],'first':[1.5,2.0],'last':[1.5,3.0]}"},
    /* where nobody wrote down when it came, the range of each recording counts */
    {{WATCHED}, "time Pod/p pod created", "{'times':[[0.0,1.0]]}"},
    {{WATCHED, POD(1.5, "p", "a")}, "time Pod/p pod created", "{'times':[[0.0,1.5]]}"},
    {{WATCHED, SET(0, 1)}, "time Pod/p pod created", "{'count':[0,1],'first':[0.0,1.0],'last':[0.0,1.0]}"},
    {{EVENT("e", 1), EVENT("e", 4)}, "events job-controller R Job", "{'range':[1,4]}"},
    {{EVENT("e", 1), SET(0, 1)}, "events job-controller R Job", "{'range':[0,1]}"},
    {{POD(1, "p", "a"), POD(1, "p", "a")}, "final pods Pod/p", "{'values':['1*Running']}"},
    {{POD(1, "p", "a"), SET(0, 1)}, "final pods Pod/p", "{'optional':true,'values':['1*Running']}"},
    /* where the scheduler drew otherwise, and for pods of an owner, only the spread counts */
    {{POD(1, "p", "a"), POD(1, "p", "a")}, "final nodes Pod/p", "{'values':['a=1']}"},
    {{POD(1, "p", "a"), POD(1, "p", "a")}, "final spread Pod/p", "null"},
    {{POD(1, "p", "a"), POD(1, "p", "b")}, "final nodes Pod/p", "null"},
    {{POD(1, "p", "a"), POD(1, "p", "b")}, "final spread Pod/p", "{'values':['1']}"},
    {{OF_SET(1, "p", "a")}, "final nodes ReplicaSet/web", "null"},
    {{OF_SET(1, "p", "a")}, "final spread ReplicaSet/web", "{'values':['1']}"},
    {{POD(1, "p", "a"), POD(1, "p", "a")}, "final nodes Pod/p", "null", TRUE},
    /* where steps differ, the ends count */
    {{SET(0, 1) SET(1, 3), SET(0, 1) SET(1, 2) SET(2, 3)}, "replicas ReplicaSet/web", "{'first':['1'],'last_value':['3']}"},
    {{SET(0, 1) SET(1, 3), SET(0, 1) SET(1, 3)}, "replicas ReplicaSet/web", "{'values':['1 3']}"},
};

START_TEST(test_made)
{
    g_autoptr(Value) envelope = envelope_of(made[_i].logs, made[_i].has_kubelets);
    const Value *want = value_get(value_get(envelope, "facts"), made[_i].fact);
    g_autofree char *got = want != NULL ? value_to_json(want, VALUE_COMPACT) : g_strdup("null");
    g_autofree char *expected = g_strdelimit(g_strdup(made[_i].want), "'", '"');

    ck_assert_str_eq(got, expected);
}
END_TEST

START_TEST(test_head)
{
    g_autoptr(Value) envelope = envelope_of((const char *const[]){"{'t':0,'type':'ADDED','object':{'kind':'X','metadata':{'name':'x'}}}", NULL}, TRUE);
    g_autofree char *json = value_to_json(envelope, VALUE_COMPACT);

    ck_assert_str_eq(json, "{\"drift\":0.0,\"facts\":{},\"kubelet\":true,\"runs\":1,\"tolerance\":1.5}");
}
END_TEST

/* --- checking a run ------------------------------------------------------------------------------ */

#define REAL "'kubelet':true,"
#define PLAYED ""

static const struct {
    const char *head, *want; /* of the envelope: one fact */
    const char *log, *outside; /* facts outside as FACT|RECORDED|FOUND; NULL: any other than of the fact are not looked at */
} checked[] = {
    /* a time may lie the tolerance outside, and the drift of itself */
    {"'tolerance':0.5,", "'time Pod/p pod created':{'times':[[1,2]]}", POD(2.5, "p", "a"), ""},
    {"'tolerance':0.5,", "'time Pod/p pod created':{'times':[[1,2]]}", POD(0.5, "p", "a"), ""},
    {"'tolerance':0.5,", "'time Pod/p pod created':{'times':[[1,2]]}", POD(2.501, "p", "a"), "time Pod/p pod created|at 1..2 s|at 2.501 s"},
    {"'tolerance':0.5,'drift':0.1,", "'time Pod/p pod created':{'times':[[1,20]]}", POD(22.5, "p", "a"), ""},
    {"'tolerance':0.5,'drift':0.1,", "'time Pod/p pod created':{'times':[[1,20]]}", POD(22.51, "p", "a"), "time Pod/p pod created|at 1..20 s|at 22.51 s"},
    {PLAYED, "'time Pod/p pod created':{'times':[[1,1]]}", POD(2.6, "p", "a"), "time Pod/p pod created|at 1 s|at 2.6 s"},
    {PLAYED, "'time Pod/p pod created':{'times':[[1,1]]}", SET(0, 1), "time Pod/p pod created|once: 1 s|never"},
    {PLAYED, "'time ReplicaSet/web pod created':{'times':[[1,1],[2,2],[3,3]]}", OF_SET(1, "p", "a") OF_SET(2, "q", "a"), "time ReplicaSet/web pod created|3 times: 1 2 3 s|2 times: 1.0 2.0 s"},
    /* on real nodes one of three may be missed, and what may be too brief to be reported is no fact */
    {REAL, "'time ReplicaSet/web pod created':{'times':[[1,1],[2,2],[3,3]]}", OF_SET(1, "p", "a") OF_SET(2, "q", "a"), ""},
    {REAL, "'time ReplicaSet/web pod created':{'times':[[1,1],[2,2]]}", OF_SET(1, "p", "a"), "time ReplicaSet/web pod created|2 times: 1 2 s|once: 1.0 s"},
    {REAL, "'time Pod/p pod failed':{'count':[0,2],'first':[1,1],'last':[1,1]}", SET(0, 1), ""},
    {PLAYED, "'time Pod/p pod created':{'count':[2,3],'first':[1,1],'last':[1,1]}", POD(1, "p", "a"), ""},
    {PLAYED, "'time Pod/p pod created':{'count':[2,3],'first':[1,1],'last':[1,1]}", POD(9, "p", "a"), "time Pod/p pod created|first at 1 s|first at 9.0 s"},
    {PLAYED, "'time ReplicaSet/web pod created':{'count':[0,1],'first':[1,1],'last':[1,1]}", OF_SET(1, "p", "a") OF_SET(2, "q", "a"), ""},
    {PLAYED, "'time ReplicaSet/web pod created':{'count':[0,1],'first':[1,1],'last':[1,1]}", OF_SET(1, "p", "a") OF_SET(2, "q", "a") OF_SET(3, "r", "a"),
     "time ReplicaSet/web pod created|0..1 times|3 times: 1.0 2.0 3.0 s"},
    {PLAYED, "'time Pod/p pod created':{'count':[3,4],'first':[1,1],'last':[1,1]}", POD(1, "p", "a"), "time Pod/p pod created|3..4 times|once: 1.0 s"},
    /* numbers: one outside of a range that varied, of bounds and of many events */
    {PLAYED, "'events job-controller R Job':{'range':[1,1]}", EVENT("e", 2), "events job-controller R Job|1|2"},
    {PLAYED, "'events job-controller R Job':{'range':[1,2]}", EVENT("e", 3), ""},
    {PLAYED, "'events job-controller R Job':{'range':[1,2]}", EVENT("e", 4), "events job-controller R Job|1..2|4"},
    {PLAYED, "'events job-controller R Job':{'range':[5,5]}", EVENT("e", 6), ""},
    {PLAYED, "'most endpoints Service/web':{'range':[1,1]}", SET(0, 1), ""},
    {PLAYED, "'events kubelet R Pod':{'range':[9,9]}", SET(0, 1), "events kubelet R Pod|9|nothing"},
    {REAL, "'final restarts Pod/p app':{'range':[1,1]}", SET(0, 1), ""},
    {REAL, "'final restarts Pod/p app':{'range':[2,2]}", SET(0, 1), "final restarts Pod/p app|2|nothing"},
    /* texts */
    {PLAYED, "'replicas ReplicaSet/web':{'values':['1 2','1 3']}", SET(0, 1) SET(1, 3), ""},
    {PLAYED, "'replicas ReplicaSet/web':{'values':['1 2']}", SET(0, 1) SET(1, 3), "replicas ReplicaSet/web|1 2|1 3"},
    {PLAYED, "'replicas ReplicaSet/web':{'first':['1'],'last_value':['3']}", SET(0, 1) SET(1, 2) SET(2, 3), ""},
    {PLAYED, "'replicas ReplicaSet/web':{'first':['1'],'last_value':['3']}", SET(0, 1) SET(2, 4), "replicas ReplicaSet/web|from 1 to 3|1 4"},
    {PLAYED, "'message kubelet X':{'values':['a'],'optional':true}", SET(0, 1), ""},
    {PLAYED, "'message kubelet X':{'values':['a']}", SET(0, 1), "message kubelet X|a|nothing"},
    /* never recorded; where pods lie is no fact then, nor how many endpoints there were */
    {PLAYED, "", EVENT("e", 2), "events job-controller R Job|never|2"},
};

START_TEST(test_checked)
{
    static const char *const ignored[] = {"final ReplicaSet/*", "final pods *", "final nodes *", "final spread *", "time ReplicaSet/web created", "*scheduled", NULL};
    g_autofree char *text = g_strdup_printf("{%s'facts':{%s}}", checked[_i].head, checked[_i].want);
    g_autoptr(Value) envelope = NULL;
    g_autoptr(Facts) facts = log_facts(checked[_i].log, FALSE);
    g_autoptr(GPtrArray) differences = NULL;
    g_autoptr(GString) got = g_string_new(NULL);
    guint compared = 0;
    const Value *wants;

    g_strdelimit(text, "'", '"');
    envelope = value_read_json(text, strlen(text), NULL);
    ck_assert_msg(envelope != NULL, "%s", text);
    wants = value_get(envelope, "facts");
    differences = envelope_check(envelope, facts, ignored, &compared);
    for (guint i = 0; i < differences->len; i++) {
        const Difference *d = differences->pdata[i];

        if (wants->count > 0 && d->want == NULL) /* facts of the log that this row is not about */
            continue;
        g_string_append_printf(got, "%s|%s|%s", d->fact, d->recorded, d->found);
    }
    ck_assert_str_eq(got->str, checked[_i].outside);
}
END_TEST

/* What no recording has is reported, but for where pods lie, how many endpoints there were, and on real nodes what passes quickly. */
START_TEST(test_never_recorded)
{
    static const char *const log = "{'t':1,'type':'ADDED','object':{'kind':'Pod','metadata':{'name':'p','uid':'p'},'spec':{'nodeName':'a'},'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}],"
                                   "'containerStatuses':[{'name':'c','state':{'running':{}},'ready':true,'restartCount':0}]}}}\n"
                                   "{'t':1,'type':'ADDED','object':{'kind':'EndpointSlice','metadata':{'name':'s','uid':'s'},'endpoints':[{'conditions':{'ready':true}}]}}\n";
    static const char *const heads[] = {"{\"facts\":{}}", "{\"kubelet\":true,\"facts\":{}}"};
    static const char *const wants[] = {
        "fewest endpoints after the most Service/s;final endpoints Service/s;final pods Pod/p;time Pod/p pod created;time Pod/p pod ready;time Pod/p pod scheduled;",
        "fewest endpoints after the most Service/s;final endpoints Service/s;final pods Pod/p;final restarts Pod/p c;time Pod/p pod created;time Pod/p pod phase=Running;time Pod/p pod scheduled;"};

    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        g_autoptr(Value) envelope = value_read_json(heads[i], strlen(heads[i]), NULL);
        g_autoptr(Facts) facts = log_facts(log, i == 1);
        guint compared = 0;
        g_autoptr(GPtrArray) differences = envelope_check(envelope, facts, NULL, &compared);
        g_autoptr(GString) got = g_string_new(NULL);

        for (guint k = 0; k < differences->len; k++)
            g_string_append_printf(got, "%s;", ((const Difference *)differences->pdata[k])->fact);
        ck_assert_str_eq(got->str, wants[i]);
        ck_assert_uint_eq(compared, differences->len);
    }
}
END_TEST

/* --- one that was written by hand ------------------------------------------------------------------- */

static const struct {
    const char *text, *mistakes;
} read_cases[] = {
    {"{'facts':{'time X created':{'times':[[1,2]]},'events a b c':{'range':[1,1]},'final X':{'values':[]},'replicas X':{'first':['1'],'last_value':['2']}}}", ""},
    {"{'facts':[]}", "f:1:1: facts: is no map; an envelope is what desk8s compare --save writes\n"},
    {"{'tolerance':'x','facts':{}}", "f:1:14: tolerance: is no number; write seconds (tolerance) or a fraction (drift)\n"},
    {"{'facts':{'time X created':{'times':[1]}}}", "f:1:28: facts[time X created]: says nothing about such a fact; write {\"times\": [[FROM, TO], ...]}\n"},
    {"{'facts':{'final X':{'value':'a'}}}", "f:1:21: facts[final X]: says nothing about such a fact; write {\"range\": [FROM, TO]} or {\"values\": [TEXT, ...]}\n"},
    {"{'facts':{'events X':{'range':[1,1e300]}}}", "f:1:22: facts[events X]: says nothing about such a fact; write {\"range\": [FROM, TO]} or {\"values\": [TEXT, ...]}\n"},
    {"{'facts':{'events X':{'range':[1]}}}", "f:1:22: facts[events X]: says nothing about such a fact; write {\"range\": [FROM, TO]} or {\"values\": [TEXT, ...]}\n"},
};

START_TEST(test_read)
{
    g_autofree char *text = g_strdelimit(g_strdup(read_cases[_i].text), "'", '"');
    g_autoptr(Value) envelope = value_read_json(text, strlen(text), NULL);
    g_autoptr(Diag) diag = diag_new();
    gboolean is_valid = envelope_is_valid(envelope, "f", diag);
    g_autofree char *mistakes = diag_format(diag);

    ck_assert_str_eq(mistakes, read_cases[_i].mistakes);
    ck_assert_int_eq(is_valid, read_cases[_i].mistakes[0] == '\0');
}
END_TEST

Suite *
envelope_suite(void)
{
    Suite *suite = suite_create("envelope");
    TCase *tcase = tcase_create("envelope");

    tcase_add_loop_test(tcase, test_made, 0, G_N_ELEMENTS(made));
    tcase_add_test(tcase, test_head);
    tcase_add_loop_test(tcase, test_checked, 0, G_N_ELEMENTS(checked));
    tcase_add_test(tcase, test_never_recorded);
    tcase_add_loop_test(tcase, test_read, 0, G_N_ELEMENTS(read_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
