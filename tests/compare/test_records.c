/* What users have as recordings: logs, watches of kubectl, folders; and what is wrong with some. */

#include "compare/clock.h"
#include "tests/compare/log.h"

#include <check.h>

Suite *records_suite(void);

/* Each record as SECONDS:TYPE:NAME, where the time is a range as FROM..TO:TYPE:NAME; mistakes, if any, after a !. (owned) */
static char *
told(const char *path)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Recording) recording = recording_read(path, diag);
    g_autofree char *mistakes = diag_format(diag);
    GString *out = g_string_new(NULL);

    for (guint i = 0; recording != NULL && i < recording->records->len; i++) {
        const Record *record = &g_array_index(recording->records, Record, i);
        char seconds[G_ASCII_DTOSTR_BUF_SIZE];

        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", g_ascii_formatd(seconds, sizeof seconds, "%g", record->seconds));
        if (record->latest > record->seconds)
            g_string_append_printf(out, "..%s", g_ascii_formatd(seconds, sizeof seconds, "%g", record->latest));
        g_string_append_printf(out, ":%s:%s", record->type, value_get_string(value_get(record->object, "metadata"), "name", ""));
    }
    if (mistakes[0] != '\0')
        g_string_append_printf(out, "!%s", mistakes);
    return g_string_free(out, FALSE);
}

/* --- one file --------------------------------------------------------------------------------- */

#define OBJECT(NAME, REST) "'object':{'kind':'Pod','metadata':{'name':'" NAME "'" REST "}}"
#define NO_FORMAT "this is no record; write {\"t\", \"type\", \"object\"} or what kubectl get --watch --output-watch-events -o json prints"

static const struct {
    const char *text, *told; /* in `told` FILE stands for the path */
} files[] = {
    {"{'scenario':'s','started':'2026-11-21T00:00:00Z'}\n{'t':-1,'type':'ADDED'," OBJECT("a", "") "}\n{'t':2.5,'type':'DELETED'," OBJECT("a", "") "}\n", "-1:ADDED:a 2.5:DELETED:a"},
    {"{'t':1,'type':'BOOKMARK','object':{}}\n{'t':1,'type':'ADDED'," OBJECT("a", "") "}", "1:ADDED:a"},
    {"{'t':1,'type':'ADDED'," OBJECT("a", "") "}\n{'t':2,'type':'ADDED','obj", "1:ADDED:a!FILE: warning: ends within a record, which is left out\n"},
    /* times since 1970: 0 s when the first pod came to be */
    {"{'t':1795219200.5,'type':'ADDED','object':{'kind':'Node','metadata':{'name':'n'},'status':{}}}\n{'t':1795219210.25,'type':'ADDED'," OBJECT("a", "") "}\n", "-9.75:ADDED:n 0:ADDED:a"},
    /* no time: the order of resourceVersions, the newest time up to there */
    {"{'type':'ADDED',\n  " OBJECT("b", ",'resourceVersion':'12','creationTimestamp':'2026-11-21T00:00:20Z'") "\n}\n{'type':'MODIFIED'," OBJECT("b", ",'resourceVersion':'13','creationTimestamp':'2026-11-21T00:00:20Z'") "}\n"
     "{'type':'ADDED'," OBJECT("a", ",'resourceVersion':'9','creationTimestamp':'2026-11-21T00:00:10Z'") "}",
     "0..1:ADDED:a 10..11:ADDED:b 10..11:MODIFIED:b"},
    {"", "!FILE: holds no record; record with kubectl get --watch --output-watch-events -o json\n"},
    {"{'t':1,'type':'ADDED'," OBJECT("a", "") "}\n{'t':1,'type':'ADDED',\n", "1:ADDED:a!FILE: warning: ends within a record, which is left out\n"},
    {"{'t':1,'type':'ADDED'," OBJECT("a", "") "}\n{'t':1 'type':'ADDED'}\n{'t':1,'type':'CHANGED'," OBJECT("a", "") "}\n",
     "!FILE:2:8: invalid character '\"' after object key:value pair; this is no JSON\nFILE:3:15: type: this is no change; write ADDED, MODIFIED or DELETED\n"},
    {"{'t':'x','type':'ADDED'," OBJECT("a", "") "}", "!FILE:1:6: t: this is no number; write seconds since the start or since 1970\n"},
    {"{'t':1e300,'type':'ADDED'," OBJECT("a", "") "}", "!FILE:1:6: t: this is too far away; write seconds since the start or since 1970\n"},
    {"{'t':1,'type':'ADDED'}", "!FILE:1:1: object: is missing; a record holds the object as the API server sent it\n"},
    {"{'t':1,'type':'ADDED','object':{'kind':'Pod'}}", "!FILE:1:32: object.metadata: is missing; a record holds the object as the API server sent it\n"},
    {"{'t':1,'type':'ADDED','object':{'metadata':{'name':'a'}}}", "!FILE:1:32: object.kind: is missing; a record holds the object as the API server sent it\n"},
    {"{'t':1,'type':'ADDED','object':{'kind':'Event','metadata':{'name':'a'}}}", "!FILE:1:32: object.involvedObject: is missing; a record holds the object as the API server sent it\n"},
    {"{'type':'ERROR','object':{'kind':'Status','message':'too old resource version'}}", "!FILE:1:1: the watch ended with an error: too old resource version; record once more\n"},
    {"{'kind':'PodList','items':[]}", "!FILE:1:1: this says what there is, not what happened; record with kubectl get --watch --output-watch-events -o json\n"},
    {"{'kind':'Pod','metadata':{'name':'a'}}", "!FILE:1:1: this is an object without the change that it is about; record with --output-watch-events, too\n"},
    {"[1]", "!FILE:1:1: this is no record; write {\"t\", \"type\", \"object\"}\n"},
    {"{'a':1}", "!FILE:1:1: " NO_FORMAT "\n"},
    {"{'t':1,'type':'ADDED'," OBJECT("a", "") "}\n{'type':'ADDED'," OBJECT("b", "") "}\n", "!FILE: some records have their time of arrival `t`, some have not; record all of them the same way\n"},
    {"{'type':'ADDED'," OBJECT("b", "") "}\n",
     "!FILE:1: object.metadata.resourceVersion: is missing, so nothing says when this was; record with kubectl get --watch --output-watch-events -o json\n"},
    {"{'type':'ADDED','object':{'kind':'Node','metadata':{'name':'n','resourceVersion':'4'}}}\n",
     "!FILE: nothing says when 0 s was, as no pod or workload was created; write a file `started` into the recording's folder with: date -u +%FT%TZ\n"},
    {"{'started':'today'}\n{'t':1,'type':'ADDED'," OBJECT("a", "") "}", "!FILE:1:12: started: this is no date; write one such as \"2026-11-21T08:16:16Z\"\n"},
};

START_TEST(test_files)
{
    char *folder = log_folder();
    g_autofree char *path = log_write(folder, "rec.json", files[_i].text);
    g_autofree char *got = told(path);
    g_autoptr(GString) plain = g_string_new(got);

    g_string_replace(plain, path, "FILE", 0);
    log_remove(folder);
    ck_assert_str_eq(plain->str, files[_i].told);
}
END_TEST

/* --- folders ------------------------------------------------------------------------------------ */

#define RECORD(TYPE, KIND, NAME, REVISION, REST) "{'type':'" TYPE "','object':{'kind':'" KIND "','metadata':{'name':'" NAME "','resourceVersion':'" #REVISION "'" REST "}}\n"
#define MADE(SECOND) ",'creationTimestamp':'2026-11-21T00:00:" #SECOND "Z'}"

static const struct {
    const char *pods, *others, *started, *told;
} folders[] = {
    /* one order for all files; 0 s is the first pod */
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)) RECORD("MODIFIED", "Pod", "p", 23, MADE(30) ",'status':{'startTime':'2026-11-21T00:00:31Z'}"),
     RECORD("ADDED", "Node", "n", 7, MADE(05)) RECORD("MODIFIED", "Node", "n", 21, MADE(05)) RECORD("MODIFIED", "Node", "n", 24, MADE(05)), NULL,
     "-25..-24:ADDED:n 0..1:ADDED:p 0..1:MODIFIED:n 1..2:MODIFIED:p 1..2:MODIFIED:n"},
    /* or what `started` says, as a date or in seconds */
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)), "", "2026-11-21T00:00:28Z\n", "2..3:ADDED:p"},
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)), "", "1795219228\n", "2..3:ADDED:p"},
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)), "", "noon", "!DIR/started:1:1: this is no date; write it with: date -u +%FT%TZ\n"},
    /* leases tell the time and nothing else; so do writes, and the request to delete */
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)) RECORD("MODIFIED", "Pod", "p", 24, MADE(30)) RECORD("DELETED", "Pod", "p", 26, MADE(30)), RECORD("MODIFIED", "Lease", "l", 25, "},'spec':{'renewTime':'2026-11-21T00:00:36.500000Z'}"), NULL, "0..1:ADDED:p 0..6.5:MODIFIED:p 6.5..7.5:DELETED:p"},
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)) RECORD("MODIFIED", "Pod", "p", 21, ",'managedFields':[{'time':'2026-11-21T00:00:33Z'}]}"), "", NULL, "0..1:ADDED:p 3..4:MODIFIED:p"},
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)) RECORD("MODIFIED", "Pod", "p", 21, ",'deletionTimestamp':'2026-11-21T00:01:10Z','deletionGracePeriodSeconds':30}"), "", NULL, "0..1:ADDED:p 10..11:MODIFIED:p"},
    /* an event's times, of a series, too */
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)) RECORD("MODIFIED", "Pod", "p", 24, MADE(30)),
     RECORD("ADDED", "Event", "e", 22, MADE(31) ",'involvedObject':{},'lastTimestamp':'2026-11-21T00:00:33Z','firstTimestamp':'2026-11-21T00:00:31Z'"), NULL, "0..1:ADDED:p 3:ADDED:e 3..4:MODIFIED:p"},
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)), RECORD("ADDED", "Event", "e", 22, MADE(31) ",'involvedObject':{},'series':{'lastObservedTime':'2026-11-21T00:00:35.250000Z'}"), NULL, "0..1:ADDED:p 5.25:ADDED:e"},
    /* what had a status when it was first seen had been there before */
    {RECORD("ADDED", "Deployment", "d", 8, MADE(01) ",'status':{'observedGeneration':1}") RECORD("ADDED", "Pod", "p", 20, MADE(30) ",'status':{'phase':'Pending'}"), "", NULL, "-29..-28:ADDED:d 0..1:ADDED:p"},
    {"{'scenario':'a'}\n", "{'scenario':'b'}\n", NULL, "!DIR/pods.json:1:1: a second recording begins here; a folder holds one recording, so name the files instead\n"},
    {RECORD("ADDED", "Pod", "p", 20, MADE(30)), "{'facts':{}}\n", NULL, "!DIR/others.json:1:1: an envelope among records; give it by itself, as the only recording\n"},
};

START_TEST(test_folders)
{
    char *folder = log_folder();
    g_autofree char *pods = log_write(folder, "pods.json", folders[_i].pods);
    g_autofree char *others = log_write(folder, "others.json", folders[_i].others);
    g_autofree char *started = folders[_i].started != NULL ? log_write(folder, "started", folders[_i].started) : NULL;
    g_autofree char *notes = log_write(folder, "notes.txt", "not read");
    g_autofree char *got = told(folder);
    g_autoptr(GString) plain = g_string_new(got);

    g_string_replace(plain, folder, "DIR", 0);
    log_remove(folder);
    ck_assert_str_eq(plain->str, folders[_i].told);
}
END_TEST

START_TEST(test_nothing)
{
    char *folder = log_folder();
    g_autofree char *empty = told(folder);
    g_autofree char *none = told("/nowhere.jsonl");
    g_autofree char *want = g_strdup_printf("!%s: no .json or .jsonl file in this folder; record into it\n", folder);

    log_remove(folder);
    ck_assert_str_eq(empty, want);
    ck_assert_str_eq(none, "!/nowhere.jsonl: no such file; write the path of a recording\n");
}
END_TEST

START_TEST(test_namespaces)
{
    char *folder = log_folder();
    g_autofree char *path = log_write(folder, "a.jsonl",
                                      "{'t':0,'type':'ADDED','object':{'kind':'Pod','metadata':{'name':'a','namespace':'shop'}}}\n"
                                      "{'t':0,'type':'ADDED','object':{'kind':'Pod','metadata':{'name':'b','namespace':'kube-system'}}}\n"
                                      "{'t':0,'type':'ADDED','object':{'kind':'Node','metadata':{'name':'n'}}}\n"
                                      "{'t':0,'type':'ADDED','object':{'kind':'Namespace','metadata':{'name':'kube-system'}}}\n"
                                      "{'t':0,'type':'ADDED','object':{'kind':'Event','metadata':{'name':'e','namespace':'shop'},'reason':'Scheduled',"
                                      "'source':{'component':'default-scheduler'},'involvedObject':{'kind':'Pod','namespace':'other'}}}\n");
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Recording) recording = recording_read(path, diag);
    g_autoptr(Facts) facts = recording_facts(recording, FALSE, (const char *const[]){"shop", NULL});
    g_autoptr(Value) tree = facts_to_value(facts);
    g_autofree char *json = value_to_json(tree, VALUE_COMPACT);

    log_remove(folder);
    ck_assert_str_eq(json, "{\"final Node/n\":\"Ready=None\",\"final nodes Pod/a\":\"none=1\",\"final pods Pod/a\":\"1*None\",\"final spread Pod/a\":\"1\","
                           "\"time Node/n created\":[0.0],\"time Pod/a pod created\":[0.0]}");
}
END_TEST

START_TEST(test_kubelets)
{
    static const struct {
        const char *event;
        gboolean is_told;
    } events[] = {{"'source':{'component':'kubelet'},'involvedObject':{'kind':'Pod'}", TRUE},  {"'reportingComponent':'kubelet','involvedObject':{'kind':'Pod'}", TRUE},
                  {"'source':{'component':'kubelet'},'involvedObject':{'kind':'Node'}", FALSE}, {"'source':{'component':'kwok'},'reportingComponent':'kubelet','involvedObject':{'kind':'Pod'}", FALSE}};

    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        char *folder = log_folder();
        g_autofree char *text = g_strdup_printf("{'t':1,'type':'ADDED','object':{'kind':'Event','metadata':{'name':'e'},%s}}", events[i].event);
        g_autofree char *path = log_write(folder, "x.jsonl", text);
        g_autoptr(Diag) diag = diag_new();
        g_autoptr(Recording) recording = recording_read(path, diag);

        log_remove(folder);
        ck_assert_int_eq(recording->has_kubelets, events[i].is_told);
        ck_assert(recording->has_arrivals);
    }
}
END_TEST

START_TEST(test_looks_like)
{
    static const struct {
        const char *text;
        gboolean is_recording;
    } looks[] = {{"\n{'t':1}", TRUE}, {"kind: Scenario\n", FALSE}, {"{'apiVersion': 'desk8s/v1'}", FALSE}, {"", FALSE}};

    for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
        char *folder = log_folder();
        g_autofree char *path = log_write(folder, "x", looks[i].text);

        ck_assert_int_eq(recording_looks_like(path), looks[i].is_recording);
        ck_assert(recording_looks_like(folder));
        log_remove(folder);
    }
}
END_TEST

Suite *
records_suite(void)
{
    Suite *suite = suite_create("records");
    TCase *tcase = tcase_create("records");

    tcase_add_loop_test(tcase, test_files, 0, G_N_ELEMENTS(files));
    tcase_add_loop_test(tcase, test_folders, 0, G_N_ELEMENTS(folders));
    tcase_add_test(tcase, test_nothing);
    tcase_add_test(tcase, test_namespaces);
    tcase_add_test(tcase, test_kubelets);
    tcase_add_test(tcase, test_looks_like);
    suite_add_tcase(suite, tcase);
    return suite;
}
