/*
 * Facts of logs: each kind of fact that tests/recordings/compare.py knows, with what it says of the same log.
 * (tests/run.py compare plays the recorded scenarios and asks both.)
 */

#include "tests/compare/log.h"

#include <check.h>

Suite *facts_suite(void);

#define AT(T, TYPE, OBJECT) "{'t':" #T ",'type':'" TYPE "','object':" OBJECT "}\n"
#define ADDED(T, OBJECT) AT(T, "ADDED", OBJECT)
#define MODIFIED(T, OBJECT) AT(T, "MODIFIED", OBJECT)
#define DELETED(T, OBJECT) AT(T, "DELETED", OBJECT)
#define META(NAME, UID) "'metadata':{'name':'" NAME "','namespace':'default','uid':'" UID "'}"
#define OWNED(NAME, UID, KIND, OWNER, OWNER_UID) \
    "'metadata':{'name':'" NAME "','namespace':'default','uid':'" UID "','ownerReferences':[{'kind':'" KIND "','name':'" OWNER "','uid':'" OWNER_UID "','controller':true}]}"

#define WEB "{'kind':'Deployment'," META("web", "d") ",'spec':{'replicas':2},'status':{}}"
#define WEB_HAS(N) "{'kind':'Deployment'," META("web", "d") ",'spec':{'replicas':2},'status':{'replicas':2,'availableReplicas':" #N "}}"
#define SET(HASH, N) "{'kind':'ReplicaSet'," OWNED("web-" HASH, HASH, "Deployment", "web", "d") ",'spec':{'replicas':" #N "},'status':{'replicas':" #N "}}"
#define POD(NAME, SET_UID, SPEC, STATUS) "{'kind':'Pod'," OWNED(NAME, NAME, "ReplicaSet", "web-" SET_UID, SET_UID) ",'spec':" SPEC ",'status':" STATUS "}"
#define POD_GOING(NAME, SET_UID) \
    "{'kind':'Pod','metadata':{'name':'" NAME "','uid':'" NAME "','deletionTimestamp':'2026-11-21T00:00:00Z','ownerReferences':[{'kind':'ReplicaSet'," \
    "'name':'web-" SET_UID "','uid':'" SET_UID "','controller':true}]},'spec':{'nodeName':'n'},'status':{'phase':'Running'}}"
#define BARE(SPEC, STATUS) "{'kind':'Pod'," META("p", "p") ",'spec':" SPEC ",'status':" STATUS "}"
#define READY "{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}"
#define NEW "{'phase':'Pending'}"
#define CONTAINER(STATE, READY_, RESTARTS) "{'phase':'Running','containerStatuses':[{'name':'app','state':" STATE ",'ready':" READY_ ",'restartCount':" #RESTARTS "}]}"
#define NODE(REST) "{'kind':'Node','metadata':{'name':'n','uid':'n'}," REST "}"
#define IS_READY(STATUS, REASON) "'status':{'conditions':[{'type':'Ready','status':'" STATUS "','reason':'" REASON "'},{'type':'DiskPressure','status':'False','reason':'" REASON "'}]}"
#define EVENT(UID, SOURCE, REASON, KIND, REST) \
    "{'kind':'Event'," META("e" UID, UID) ",'source':{'component':'" SOURCE "'},'reason':'" REASON "','involvedObject':{'kind':'" KIND "','name':'web-1','namespace':'default','uid':'u-1'}" REST "}"
#define SLICE(ENDPOINTS) "{'kind':'EndpointSlice','metadata':{'name':'web-x','uid':'s','labels':{'kubernetes.io/service-name':'web'}},'endpoints':[" ENDPOINTS "]}"
#define BUDGET(UID, N) "{'kind':'PodDisruptionBudget'," META("b", UID) ",'spec':{},'status':{'expectedPods':" #N "}}"
#define UP "{'conditions':{'ready':true,'serving':true}}"
#define GOING "{'conditions':{'ready':false,'serving':true,'terminating':true}}"
#define DOWN "{'conditions':{'ready':false}}"

static const struct {
    const char *log, *fact, *value; /* value: JSON with ' instead of " */
    gboolean has_kubelets;
} cases[] = {
    /* names: the k-th set of a Deployment, its pods as one group, jobs of a CronJob, slices of a Service */
    {ADDED(0, WEB) ADDED(0.1, SET("a", 1)) ADDED(1, SET("b", 1)), "time Deployment/web#1 created", "[0.1]"},
    {ADDED(0, WEB) ADDED(0.1, SET("a", 1)) ADDED(1, SET("b", 1)), "time Deployment/web#2 created", "[1.0]"},
    {ADDED(0, WEB) ADDED(0, SET("a", 1)) ADDED(1, POD("p", "a", "{}", NEW)), "time Deployment/web#1 pod created", "[1.0]"},
    {ADDED(1, POD("p", "a", "{}", NEW)), "time ReplicaSet/web-a pod created", "[1.0]"}, /* its set was never seen */
    {ADDED(0, "{'kind':'CronJob'," META("tick", "c") ",'spec':{},'status':{}}") ADDED(60.02, "{'kind':'Job'," OWNED("tick-1", "j", "CronJob", "tick", "c") ",'spec':{},'status':{}}"),
     "time CronJob/tick#1 created", "[60.02]"},
    {ADDED(2, SLICE(UP)), "most endpoints Service/web", "1"},
    /* pods */
    {ADDED(0, BARE("{}", NEW)) MODIFIED(0.5, BARE("{'nodeName':'n'}", NEW)) MODIFIED(9, BARE("{'nodeName':'n'}", NEW)), "time Pod/p pod scheduled", "[0.5]"},
    {ADDED(0, BARE("{'nodeName':'n'}", NEW)) MODIFIED(1.5, BARE("{'nodeName':'n'}", READY)), "time Pod/p pod ready", "[1.5]"},
    {ADDED(0, BARE("{}", NEW)) MODIFIED(3, BARE("{}", "{'phase':'Succeeded'}")), "time Pod/p pod succeeded", "[3.0]"},
    {ADDED(0, BARE("{}", NEW)) MODIFIED(3, BARE("{}", "{'phase':'Failed'}")), "time Pod/p pod failed", "[3.0]"},
    {ADDED(-1, BARE("{}", NEW)) DELETED(4.1239, BARE("{}", NEW)), "time Pod/p pod removed", "[4.124]"},
    {ADDED(-1, BARE("{}", NEW)), "time Pod/p pod created", "[0.0]"}, /* what was before the start counts as at the start */
    {ADDED(0, POD("p", "a", "{}", NEW)) MODIFIED(3, POD_GOING("p", "a")), "time ReplicaSet/web-a pod deleting", "[3.0]"},
    {ADDED(0, POD("p", "a", "{}", NEW)) DELETED(3, POD_GOING("p", "a")), "time ReplicaSet/web-a pod deleting", "absent"}, /* never seen dying */
    {ADDED(2, POD("p", "a", "{}", NEW)) ADDED(1, POD("q", "a", "{}", NEW)), "time ReplicaSet/web-a pod created", "[2.0,1.0]"},
    {MODIFIED(2, BARE("{}", NEW)), "time Pod/p pod created", "absent"},
    /* conditions, taints, creation and removal */
    {ADDED(0, "{'kind':'Job'," META("j", "j") ",'spec':{},'status':{}}") MODIFIED(9, "{'kind':'Job'," META("j", "j") ",'spec':{},'status':{'conditions':[{'type':'Complete','status':'True','reason':'CompletionsReached'}]}}"),
     "time Job/j Complete=True/CompletionsReached", "[9.0]"},
    {ADDED(-1, NODE("'spec':{}," IS_READY("True", "Ok"))) MODIFIED(50, NODE("'spec':{}," IS_READY("Unknown", "Gone"))) MODIFIED(51, NODE("'spec':{}," IS_READY("Unknown", "Gone"))),
     "time Node/n Ready=Unknown/Gone", "[50.0]"},
    {ADDED(-1, NODE("'spec':{}," IS_READY("True", "Ok"))) MODIFIED(50, NODE("'spec':{}," IS_READY("Unknown", "Gone"))), "time Node/n DiskPressure=False/Gone", "absent"},
    {ADDED(-1, NODE("'spec':{}," IS_READY("True", "Ok"))), "time Node/n Ready=True/Ok", "absent"},
    {ADDED(-1, NODE("'spec':{}")) MODIFIED(7, NODE("'spec':{'taints':[{'key':'k','effect':'NoExecute'}]}")), "time Node/n taint +k:NoExecute", "[7.0]"},
    {ADDED(-1, NODE("'spec':{'taints':[{'key':'k','effect':'NoExecute'}]}")) MODIFIED(7, NODE("'spec':{'taints':[{'key':'k','effect':'NoSchedule'}]}")), "time Node/n taint -k:NoExecute", "[7.0]"},
    {ADDED(-1, NODE("'spec':{'taints':[{'key':'k','effect':'NoExecute'}]}")) DELETED(8, NODE("'spec':{}")), "time Node/n taint -k:NoExecute", "[8.0]"},
    {ADDED(-1, NODE("'spec':{'taints':[{'key':'k','effect':'NoExecute'}]}")), "time Node/n taint +k:NoExecute", "absent"},
    {ADDED(-1, WEB) DELETED(5, WEB), "time Deployment/web removed", "[5.0]"},
    {ADDED(-1, WEB), "time Deployment/web created", "absent"},
    /* the values that spec.replicas went through */
    {ADDED(0, SET("a", 0)) MODIFIED(1, SET("a", 2)) MODIFIED(2, SET("a", 2)) DELETED(3, SET("a", 9)), "replicas Deployment/web#1", "'0 2'"},
    /* events: counts and series of each, added up; of the components that count */
    {ADDED(1, EVENT("1", "default-scheduler", "FailedScheduling", "Pod", ",'count':1")) MODIFIED(2, EVENT("1", "default-scheduler", "FailedScheduling", "Pod", ",'count':4"))
         ADDED(3, EVENT("2", "default-scheduler", "FailedScheduling", "Pod", "")),
     "events default-scheduler FailedScheduling Pod", "5"},
    {ADDED(1, EVENT("1", "default-scheduler", "FailedScheduling", "Pod", ",'count':1,'series':{'count':7}")), "events default-scheduler FailedScheduling Pod", "7"},
    {ADDED(1, "{'kind':'Event'," META("e", "e") ",'reportingComponent':'job-controller','reason':'Completed','involvedObject':{'kind':'Job'}}"), "events job-controller Completed Job", "1"},
    {ADDED(-1, EVENT("1", "node-controller", "RegisteredNode", "Node", "")), "events node-controller RegisteredNode Node", "absent"},
    {ADDED(1, EVENT("1", "somebody", "X", "Pod", "")), "events somebody X Pod", "absent"},
    {ADDED(1, EVENT("1", "kubelet", "Started", "Pod", "")), "events kubelet Started Pod", "absent"},
    {ADDED(1, EVENT("1", "kubelet", "Started", "Pod", "")), "events kubelet Started Pod", "1", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "Rebooted", "Node", "")), "events kubelet Rebooted Node", "absent", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "MissingClusterDNS", "Pod", "")), "events kubelet MissingClusterDNS Pod", "absent", TRUE},
    /* messages without what differs by run */
    {ADDED(1, EVENT("1", "kubelet", "Pulled", "Pod", ",'message':'Pulled \\'a:1\\' in 812ms (1.2s including waiting). Image size: 7 bytes.'")), "message kubelet Pulled",
     "'Pulled \\'a:1\\' in TIME. Image size: 7 bytes.'", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "BackOff", "Pod", ",'message':'back-off app in pod web-1_default(u-1)'")), "message kubelet BackOff", "'back-off app in pod POD_NAMESPACE(u-1)'", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "Unhealthy", "Pod", ",'message':'Get http://10.0.0.7:80/: dial'")) ADDED(2, EVENT("2", "kubelet", "Unhealthy", "Pod", ",'message':'Get http://10.0.1.9:80/: dial'")),
     "message kubelet Unhealthy", "'Get http://ADDRESS/: dial'", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "Killing", "Pod", ",'message':'b 0123456789ab'")) ADDED(2, EVENT("2", "kubelet", "Killing", "Pod", ",'message':'a'")), "message kubelet Killing", "'a | b ID'", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "Failed", "Pod", ",'message':'pull: failed to resolve reference x'")), "message kubelet Failed", "'pull'", TRUE},
    {ADDED(1, EVENT("1", "kubelet", "Failed", "Pod", ",'message':'of 12345678-1234-1234-1234-123456789012'")), "message kubelet Failed", "'of UID'", TRUE},
    /* what real kubelets do */
    {ADDED(1, BARE("{}", NEW)) MODIFIED(2, BARE("{}", CONTAINER("{'running':{}}", "true", 0))) MODIFIED(9, BARE("{}", CONTAINER("{'running':{}}", "true", 1))), "time Pod/p container app running", "[2.0]", TRUE},
    {ADDED(1, BARE("{}", CONTAINER("{'waiting':{'reason':'CrashLoopBackOff'}}", "false", 1))), "time Pod/p container app waiting/CrashLoopBackOff", "[1.0]", TRUE},
    {ADDED(1, BARE("{}", CONTAINER("{'terminated':{'reason':'Error','exitCode':3}}", "false", 1))), "time Pod/p container app terminated/Error/3", "[1.0]", TRUE},
    {ADDED(1, BARE("{}", CONTAINER("{'running':{}}", "true", 0))), "time Pod/p container app ready", "[1.0]", TRUE},
    {ADDED(1, BARE("{}", CONTAINER("{'running':{}}", "true", 0))) MODIFIED(5, BARE("{}", CONTAINER("{'running':{}}", "false", 0))), "time Pod/p container app not ready", "[5.0]", TRUE},
    {ADDED(1, BARE("{}", CONTAINER("{'running':{}}", "false", 0))), "time Pod/p container app not ready", "absent", TRUE}, /* as it began */
    {ADDED(1, BARE("{}", CONTAINER("{'running':{}}", "true", 3))), "final restarts Pod/p app", "3", TRUE},
    {ADDED(1, BARE("{}", NEW)) MODIFIED(2, BARE("{}", READY)), "time Pod/p pod phase=Running", "[2.0]", TRUE},
    {ADDED(1, BARE("{}", "{'conditions':[{'type':'Ready','status':'False'},{'type':'Initialized','status':'False'}]}")), "time Pod/p pod Ready=False", "[1.0]", TRUE},
    {ADDED(1, BARE("{}", "{'conditions':[{'type':'Ready','status':'False'},{'type':'Initialized','status':'False'}]}")), "time Pod/p pod Initialized=False", "absent", TRUE},
    {ADDED(1, BARE("{}", CONTAINER("{'running':{}}", "true", 3))), "final restarts Pod/p app", "absent"},
    {ADDED(0, "{'kind':'ReplicaSet','metadata':{'name':'r','uid':'r'},'spec':{'replicas':1},'status':{'availableReplicas':1}}"), "fewest available ReplicaSet/r", "absent"},
    /* of two by the same name the one that came last */
    {ADDED(0, BUDGET("a", 1)) ADDED(1, BUDGET("b", 2)) MODIFIED(2, BUDGET("a", 3)), "final PodDisruptionBudget/b", "'expectedPods=2'"},
    {ADDED(0, BUDGET("a", 1)) DELETED(1, BUDGET("a", 2)) ADDED(2, BUDGET("b", 2)) ADDED(3, BUDGET("a", 3)), "final PodDisruptionBudget/b", "'expectedPods=3'"},
    /* bounds, from the moment it was first complete */
    {ADDED(0, WEB_HAS(0)) MODIFIED(1, WEB_HAS(2)) MODIFIED(2, WEB_HAS(1)) MODIFIED(3, WEB_HAS(2)), "fewest available Deployment/web", "1"},
    {ADDED(0, WEB_HAS(1)), "fewest available Deployment/web", "absent"},
    {ADDED(0, WEB_HAS(2)) ADDED(0, SET("a", 2)) ADDED(1, POD("p", "a", "{}", NEW)) ADDED(1, POD("q", "a", "{}", NEW)) MODIFIED(2, POD_GOING("q", "a")) ADDED(3, POD("r", "a", "{}", NEW)), "most pods Deployment/web", "2"},
    {ADDED(0, SLICE(UP)) MODIFIED(1, SLICE(UP "," UP)) MODIFIED(2, SLICE(UP "," DOWN)), "most endpoints Service/web", "2"},
    {ADDED(0, SLICE(DOWN)) MODIFIED(1, SLICE(UP "," UP)) MODIFIED(2, SLICE(UP "," DOWN)), "fewest endpoints after the most Service/web", "1"},
    /* the end */
    {ADDED(0, "{'kind':'Deployment'," META("web", "d") ",'spec':{'replicas':2},'status':{'replicas':2,'readyReplicas':1,'conditions':[{'type':'Progressing','status':'True','reason':'R'},{'type':'Available','status':'False'}]}}"),
     "final Deployment/web", "'spec=2 replicas=2 readyReplicas=1 Available=False/ Progressing=True/R'"},
    {ADDED(0, "{'kind':'Job'," META("j", "j") ",'spec':{},'status':{'succeeded':3,'completedIndexes':'0-2'}}"), "final Job/j", "'succeeded=3 completedIndexes=0-2'"},
    {ADDED(0, "{'kind':'PodDisruptionBudget'," META("b", "b") ",'spec':{},'status':{'currentHealthy':3,'desiredHealthy':2,'disruptionsAllowed':1,'expectedPods':3}}"), "final PodDisruptionBudget/b",
     "'currentHealthy=3 desiredHealthy=2 disruptionsAllowed=1 expectedPods=3'"},
    {ADDED(0, "{'kind':'CronJob'," META("c", "c") ",'spec':{},'status':{'active':[{},{}]}}"), "final CronJob/c", "'active=2'"},
    {ADDED(0, "{'kind':'ResourceQuota'," META("q", "q") ",'status':{'used':{'pods':'2','cpu':'1'}}}"), "final ResourceQuota/q", "'{\\'cpu\\': \\'1\\', \\'pods\\': \\'2\\'}'"},
    {ADDED(0, "{'kind':'Namespace','metadata':{'name':'shop'},'status':{'phase':'Active'}}"), "final Namespace/shop", "'Active'"},
    {ADDED(0, "{'kind':'Namespace','metadata':{'name':'default'},'status':{'phase':'Active'}}"), "final Namespace/default", "absent"},
    {ADDED(0, NODE("'spec':{'taints':[{'key':'z','effect':'NoSchedule'},{'key':'a','effect':'NoExecute'}]}," IS_READY("False", "R"))), "final Node/n", "'Ready=False/R a:NoExecute z:NoSchedule'"},
    {ADDED(0, NODE("'spec':{},'status':{}")), "final Node/n", "'Ready=None'"},
    {ADDED(0, WEB) DELETED(1, WEB), "final Deployment/web", "absent"},
    {ADDED(0, POD("p", "a", "{}", NEW)) ADDED(0, POD("q", "a", "{'nodeName':'n'}", READY)) ADDED(0, POD("r", "a", "{'nodeName':'n'}", READY)) ADDED(0, POD_GOING("s", "a")), "final pods ReplicaSet/web-a",
     "'1*Pending 1*Running+deleting 2*Running+ready'"},
    {ADDED(0, POD("p", "a", "{}", NEW)) ADDED(0, POD("q", "a", "{'nodeName':'n'}", READY)) ADDED(0, POD("r", "a", "{'nodeName':'m'}", READY)) ADDED(0, POD("s", "a", "{'nodeName':'n'}", READY)), "final nodes ReplicaSet/web-a",
     "'m=1 n=2 none=1'"},
    {ADDED(0, POD("p", "a", "{}", NEW)) ADDED(0, POD("q", "a", "{'nodeName':'n'}", READY)) ADDED(0, POD("s", "a", "{'nodeName':'n'}", READY)), "final spread ReplicaSet/web-a", "'1 2'"},
    {ADDED(0, SLICE(UP "," GOING "," DOWN "," UP)), "final endpoints Service/web", "'1*not ready 2*ready/serving 1*serving/terminating'"},
    {ADDED(0, SLICE("")), "final endpoints Service/web", "'none'"},
    {ADDED(0, SLICE(UP)) DELETED(0, SLICE(UP)), "final endpoints Service/web", "absent"},
};

START_TEST(test_facts)
{
    g_autoptr(Facts) facts = log_facts(cases[_i].log, cases[_i].has_kubelets);
    g_autofree char *value = log_fact(facts, cases[_i].fact);
    g_autofree char *want = g_strdelimit(g_strdup(cases[_i].value), "'", '"');

    ck_assert_msg(g_str_equal(value, want), "%s: wanted %s, got %s", cases[_i].fact, want, value);
}
END_TEST

Suite *
facts_suite(void)
{
    Suite *suite = suite_create("facts");
    TCase *tcase = tcase_create("facts");

    tcase_add_loop_test(tcase, test_facts, 0, G_N_ELEMENTS(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
