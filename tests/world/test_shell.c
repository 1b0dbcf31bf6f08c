/*
 * test_shell.c - commands of containers: what they print, when they end, what signals do
 *
 * Expectations: POSIX shell and busybox 1.36 ash; PID 1's signals: Linux
 * kill(2) and pid_namespaces(7); recordings of containerd nodes.
 */

#include "tests/world/pods.h"
#include "world/flow.h"

Suite *shell_suite(void);

#define RUNS (-1)

/* A script, how long it ran at most, and how it stands then: exit code (or RUNS), milliseconds of its life, log. */
static const struct {
    const char *script;
    gint32 seconds;
    gint32 exit_code;
    gint64 life_ms; /* -1: does not matter */
    const char *log;
} scripts[] = {
    {"exit 1", 10, 1, 0, ""},
    {"exit 3", 10, 3, 0, ""},
    {"true", 10, 0, 0, ""},
    {"false", 10, 1, 0, ""},
    {":", 10, 0, 0, ""},
    {"", 10, 0, 0, ""},
    {"sleep 3", 10, 0, 3000, ""},
    {"sleep 0.25", 10, 0, 250, ""},
    {"sleep 1.5; exit 4", 10, 4, 1500, ""},
    {"sleep 2; exit 0", 10, 0, 2000, ""},
    {"sleep 1m", 70, 0, 60000, ""},
    {"sleep infinity", 100, RUNS, -1, ""},
    {"sleep 1000000", 100, RUNS, -1, ""},
    {"echo counted; sleep 2", 10, 0, 2000, "counted\n"},
    {"echo bye; exit 1", 10, 1, 0, "bye\n"},
    {"echo a  b 'c  d' \"e  f\"", 10, 0, 0, "a b c  d e  f\n"},
    {"X=5; echo $X ${X} \"$X\" '$X'", 10, 0, 0, "5 5 5 $X\n"},
    {"echo ${NONE:-word} ${NONE}x", 10, 0, 0, "word x\n"},
    {"echo $?; false; echo $?", 10, 0, 0, "0\n1\n"},
    {"true && echo yes || echo no", 10, 0, 0, "yes\n"},
    {"false && echo yes || echo no", 10, 0, 0, "no\n"},
    {"! true; echo $?", 10, 0, 0, "1\n"},
    {"if true; then echo a; else echo b; fi", 10, 0, 0, "a\n"},
    {"if false; then echo a; else echo b; fi", 10, 0, 0, "b\n"},
    {"if false; then echo a; elif true; then echo c; else echo b; fi", 10, 0, 0, "c\n"},
    {"if false; then echo a; elif false; then echo c; fi; echo $?", 10, 0, 0, "0\n"},
    {"for i in 1 2 3; do echo $i; done", 10, 0, 0, "1\n2\n3\n"},
    {"for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done", 10, 0, 0, "1\n3\n"},
    {"for i in 1 2 3; do [ $i = 2 ] && break; echo $i; done; echo end", 10, 0, 0, "1\nend\n"},
    {"for i in $(seq 1 3); do echo $i; sleep 1; done", 10, 0, 3000, "1\n2\n3\n"},
    {"i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); sleep 1; done", 10, 0, 3000, "0\n1\n2\n"},
    {"i=0; until [ $i -ge 2 ]; do i=$((i+1)); done; echo $i", 10, 0, 0, "2\n"},
    {"mkdir -p /www; echo 1 > /www/index.html; cat /www/index.html", 10, 0, 0, "1\n"},
    {"echo a > /tmp/f; echo b >> /tmp/f; cat /tmp/f", 10, 0, 0, "a\nb\n"},
    {"cat /tmp/ok", 10, 1, 0, "cat: can't open '/tmp/ok': No such file or directory\n"},
    {"cat /tmp/ok 2>/dev/null; echo $?", 10, 0, 0, "1\n"},
    {"cat /tmp/ok > /tmp/out 2>&1; cat /tmp/out", 10, 0, 0,
     "cat: can't open '/tmp/ok': No such file or directory\n"},
    {"touch /tmp/ok; sleep 1; rm -f /tmp/ok; test -f /tmp/ok", 10, 1, 1000, ""},
    {"touch /tmp/ok; [ -f /tmp/ok ] && echo there", 10, 0, 0, "there\n"},
    {"rm /tmp/none", 10, 1, 0, "rm: can't remove '/tmp/none': No such file or directory\n"},
    {"rm -f /tmp/none", 10, 0, 0, ""},
    {"touch /no/such", 10, 1, 0, "touch: /no/such: No such file or directory\n"},
    {"echo x > /no/such; echo $?", 10, 0, 0,
     "sh: can't create /no/such: nonexistent directory\n1\n"},
    {"echo one > /tmp/f; echo two >> /tmp/f; grep two /tmp/f", 10, 0, 0, "two\n"},
    {"echo one > /tmp/f; grep -q two /tmp/f", 10, 1, 0, ""},
    {"echo hello | grep -q ell && echo found", 10, 0, 0, "found\n"},
    {"printf 'a\\nb\\n' | wc -l", 10, 0, 0, "2\n"},
    {"cd /tmp; echo x > f; cat /tmp/f; pwd", 10, 0, 0, "x\n/tmp\n"},
    {"echo $(echo inner) `echo old`", 10, 0, 0, "inner old\n"},
    {"(exit 3); echo $?", 10, 0, 0, "3\n"},
    {"X=1; (X=2); echo $X", 10, 0, 0, "1\n"},
    {"{ echo a; echo b; } > /tmp/f; cat /tmp/f", 10, 0, 0, "a\nb\n"},
    {"case abc in a*) echo yes;; *) echo no;; esac", 10, 0, 0, "yes\n"},
    {"f() { echo \"f $1\"; return 2; }; f x; echo $?", 10, 0, 0, "f x\n2\n"},
    {"dd if=/dev/zero of=/tmp/f bs=1K count=3; wc -c < /tmp/f", 10, 0, -1, "3072\n"},
    {"stress \"$NONE\"", 10, RUNS, -1, ""},
    /* waits that take no time are a busy loop all the same */
    {"while nginx; do :; done", 10, RUNS, -1, ""},
    {"while true; do (sleep 0); done", 10, RUNS, -1, ""},
    {"nosuch", 10, 127, 0, "sh: nosuch: not found\n"},
    {"nosuch; echo after", 10, 0, 0, "sh: nosuch: not found\nafter\n"},
    {"echo 'open", 10, 2, 0, "sh: syntax error: unterminated quoted string\n"},
    {"set -e; false; echo never", 10, 1, 0, ""},
    {"set -e; if false; then :; fi; false || echo fine", 10, 0, 0, "fine\n"},
    {"sleep 2 & wait; echo done", 10, 0, 2000, "done\n"},
    {"sleep 2 & sleep 1; wait $!", 10, 0, 2000, ""},
    {"sleep 5 & echo started", 10, 0, 0, "started\n"},
    {"sleep 100 & kill $!; wait $!; echo $?", 10, 0, 0, "143\n"},
    {"exec sleep 2; echo never", 10, 0, 2000, ""},
    {"trap 'echo bye' EXIT; echo hi", 10, 0, 0, "hi\nbye\n"},
    {"sh -c 'exit 5'; echo $?", 10, 0, 0, "5\n"},
    {"(exec sleep 1); echo after", 10, 0, 1000, "after\n"},
    {"exec sh -c 'sleep 1; exit 6'", 10, 6, 1000, ""},
    {"while true; do sleep 1; done", 20, RUNS, -1, ""},
    {"while true; do echo tick; sleep 3; done", 7, RUNS, -1, "tick\ntick\ntick\n"},
    {"date -u +%s", 10, 0, 0, "1795248894\n"},
    {"date", 10, 0, 0, "Sat Nov 21 08:14:54 UTC 2026\n"},
    {"hostname", 10, 0, 0, "p\n"},
    {"mem 100", 10, RUNS, -1, ""},
    {"echo $((2+3*4)) $(( (2+3)*4 )) $((7/2)) $((7%4))", 10, 0, 0, "14 20 3 3\n"},
    {"while read x; do echo \"<$x>\"; done < /etc/hostname", 10, 0, 0, "<p>\n"},
    {"echo 'echo from file' > /tmp/s.sh; sh /tmp/s.sh; chmod +x /tmp/s.sh; /tmp/s.sh", 10, 0, 0,
     "from file\nfrom file\n"},
    {"ls /etc", 10, 0, 0, "hostname\nhosts\n"},
    {"touch /tmp/b /tmp/a; for f in /tmp/*; do echo $f; done", 10, 0, 0, "/tmp/a\n/tmp/b\n"},
    {"until nslookup myservice; do echo waiting; sleep 2; done", 3, RUNS, -1,
     "** server can't find myservice: NXDOMAIN\nwaiting\n** server can't find myservice: "
     "NXDOMAIN\nwaiting\n"},
    {"while true; do :; done", 20, RUNS, -1, ""},
    {"timeout=3; [ \"$timeout\" -eq 3 ] && echo ok", 10, 0, 0, "ok\n"},
    {"echo oops > /dev/termination-log; exit 1", 10, 1, 0, ""},
    /* here-documents */
    {"X=v; cat <<EOF\n$X 'q' \"d\" \\$X\n$(echo sub)\nEOF\necho after", 10, 0, 0, "v 'q' \"d\" $X\nsub\nafter\n"},
    {"cat <<'EOF' > /tmp/f; echo made\n$X\nEOF\ncat /tmp/f", 10, 0, 0, "made\n$X\n"},
    {"if true; then\n\tcat <<-E\n\t\tin\n\tE\nfi", 10, 0, 0, "in\n"},
    {"wc -l <<A; cat <<B\n1\n2\nA\nb\nB\n", 10, 0, 0, "2\nb\n"},
    {"cat <<EOF", 10, 2, 0, "sh: syntax error: here-document without lines below it\n"},
    /* limits of time, as busybox ends a command */
    {"timeout 2 sleep 5; echo $?", 10, 0, 2000, "143\n"},
    {"timeout 5 sleep 1; echo $?", 10, 0, 1000, "0\n"},
    {"timeout -s KILL 2 sh -c 'while true; do sleep 1; done'; echo $?", 10, 0, 2000, "143\n"},
    {"timeout 1 sh -c 'while true; do :; done'; echo $?", 10, 0, 1000, "143\n"},
    {"timeout 3 false; echo $?; sleep 4; echo on", 10, 0, 4000, "1\non\n"},
    {"exec timeout 2 sleep 9", 10, 143, 2000, ""},
    {"timeout x sleep 1", 10, 1, 0, "timeout: invalid number 'x'\n"},
    {"usleep 1500000", 10, 0, 1500, ""},
    {"let y=3+4; echo $y; let z=0 || echo zero", 10, 0, 0, "7\nzero\n"},
    /* filters */
    {"echo a,b,c | cut -d, -f2,3; echo abcd | cut -c 1-2,4; echo none | cut -d, -f2", 10, 0, 0, "b,c\nabd\nnone\n"},
    {"echo abc | tr a-c A-C; echo 'a  b' | tr -s ' '; echo a1b2 | tr -d '[:digit:]'; printf 'a b' | tr ' ' '\\n'", 10, 0, 0,
     "ABC\na b\nab\na\nb"},
    {"echo aXbX | sed s/X/-/; echo aXbX | sed 's|X|<&>|g'; echo ab | sed 's/\\(a\\)\\(b\\)/\\2\\1/'; echo ab | sed -E 's/(a)(b)/\\2\\1/'", 10, 0, 0,
     "a-bX\na<X>b<X>\nba\nba\n"},
    {"printf 'a\\nb\\nc\\n' > /tmp/f; sed -n 2p /tmp/f; sed '$d' /tmp/f; sed /b/d /tmp/f; sed -i s/a/z/ /tmp/f; sed 1q /tmp/f", 10, 0, 0,
     "b\na\nb\na\nc\nz\n"},
    {"printf '1 2\\n3  4\\n' | awk '{print $2, NR}'; echo a:b | awk -F: '{print $2 \"x\"}'; printf 'a 1\\nb 2\\n' | awk '/b/ {print $NF}'", 10, 0, 0,
     "2 1\n4 2\nbx\n2\n"},
    {"echo a b | xargs echo c; printf 'x\\ny\\n' | xargs", 10, 0, 0, "c a b\nx y\n"},
    {"printf hi | md5sum; printf hi > /tmp/f; sha256sum /tmp/f | cut -c1-8", 10, 0, 0, "49f68a5c8493ec2c0bf489821c21fc3b  -\n8f434346\n"},
    {"echo abc | head -c 2; echo; echo abc | tail -c 2; head -c 5 /dev/zero | wc -c; yes | head -n 2; cat /dev/zero | head -c 7 | wc -c", 10, 0, 0,
     "ab\nc\n5\ny\ny\n7\n"},
    {"tail /dev/zero", 10, RUNS, -1, ""}, /* no limit: it takes what there is */
    {"cat /dev/zero > /dev/null", 10, RUNS, -1, ""},
    /* files and processes */
    {"mkdir -p /a/b; touch /a/b/c.x /a/d; find /a -type f; find /a -name '*.x'; find /a -maxdepth 1 -type d; find /no", 10, 1, 0,
     "/a/b/c.x\n/a/d\n/a/b/c.x\n/a\n/a/b\nfind: /no: No such file or directory\n"},
    {"fallocate -l 2M /tmp/f; truncate -s 5M /tmp/g; du -sk /tmp; du -sm /tmp", 10, 0, 0, "2048\t/tmp\n2\t/tmp\n"},
    {"sleep 7 & sleep 1; pgrep sleep > /dev/null && echo runs; pidof nothing || echo none; pgrep -f 'sleep 7' > /dev/null && echo line", 10, 0, 1000,
     "runs\nnone\nline\n"},
};

/* The life of the container is rounded: commands take no time, its start does not lie on a whole millisecond. */
START_TEST(test_script)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "p");
    RtContainer *container = pods_start(pods, sandbox, "registry.local/app:1", scripts[_i].script);
    g_autofree char *log = NULL;

    pods_run(pods, scripts[_i].seconds * NS_PER_S);
    log = rt_container_log(container);
    ck_assert_msg(strcmp(log, scripts[_i].log) == 0, "%s: log <%s>", scripts[_i].script, log);
    if (scripts[_i].exit_code == RUNS) {
        ck_assert_msg(rt_container_state(container) == RT_RUNNING, "%s: ended with %d",
                      scripts[_i].script, rt_container_exit_code(container));
    } else {
        gint64 life_ns =
            rt_container_finished_wall_ns(container) - rt_container_started_wall_ns(container);

        ck_assert_msg(rt_container_state(container) == RT_EXITED, "%s: still runs",
                      scripts[_i].script);
        ck_assert_msg(rt_container_exit_code(container) == scripts[_i].exit_code, "%s: exit %d",
                      scripts[_i].script, rt_container_exit_code(container));
        ck_assert_str_eq(rt_container_exit_reason(container),
                         scripts[_i].exit_code == 0 ? "Completed" : "Error");
        ck_assert_msg(scripts[_i].life_ms < 0 || life_ns == scripts[_i].life_ms * NS_PER_MS,
                      "%s: lived %" G_GINT64_FORMAT " ns", scripts[_i].script, life_ns);
    }
    pods_free(pods);
}
END_TEST

/* SIGTERM at 10.5 s with a grace of 5 s: exit code, and milliseconds from SIGTERM to the end. */
static const struct {
    const char *script; /* "!" before it: a command without a shell */
    gint32 exit_code;
    gint64 stop_ms;
} stops[] = {
    /* PID 1 without a handler ignores SIGTERM: killed when the grace is over */
    {"sleep 1000000", 137, 5000},
    {"!sleep 1000000", 137, 5000},
    {"exec sleep 1000", 137, 5000},
    {"while true; do sleep 1; done", 137, 5000},
    /* recorded: busybox httpd as PID 1 has no handler either */
    {"mkdir -p /www; echo 1 > /www/index.html; sleep 2; exec httpd -f -p 80 -h /www", 137, 5000},
    /* a trap runs when the running command ends */
    {"trap 'exit 0' TERM; while true; do sleep 1; done", 0, 500},
    {"trap 'sleep 3; exit 0' TERM; while true; do sleep 1; done", 0, 3500},
    {"trap 'exit 7' TERM; while :; do sleep 4; done", 7, 1500},
    {"trap 'exit 0' TERM; sleep 1000", 137, 5000},
    /* in wait, at once */
    {"trap 'exit 0' TERM; sleep 3600 & wait", 0, 0},
    {"trap 'exit 0' TERM; sleep 3600 & wait $!", 0, 0},
    {"mkdir -p /www; echo ok > /www/index.html; trap 'exit 0' TERM; httpd -f -p 80 -h /www & wait",
     0, 0},
    {"trap 'kill $P; wait $P; exit 3' TERM; sleep 3600 & P=$!; wait", 3, 0},
    {"trap '' TERM; sleep 1000 & wait", 137, 5000},
    /* a trap that does not exit: goes on */
    {"trap 'echo got' TERM; while true; do sleep 1; done", 137, 5000},
    {"mem 10", 137, 5000},
};

START_TEST(test_sigterm)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "p");
    RtContainer *container;
    gint64 started_ns;
    gint64 stopped_ns;

    if (stops[_i].script[0] == '!') {
        g_auto(GStrv) words = g_strsplit(stops[_i].script + 1, " ", -1);
        RtContainerOptions options = {.name = "app",
                                      .image = "registry.local/app:1",
                                      .command = (const char *const *)words};

        container = pods_start_options(pods, sandbox, &options);
    } else {
        container = pods_start(pods, sandbox, "registry.local/app:1", stops[_i].script);
    }
    started_ns = sim_now_ns(pods->sim);
    sim_run_until(pods->sim, started_ns + 10500 * NS_PER_MS);
    stopped_ns = sim_wall_ns(pods->sim);
    pods_stop(pods, container, 5 * NS_PER_S);
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    ck_assert_msg(rt_container_exit_code(container) == stops[_i].exit_code, "%s: exit %d",
                  stops[_i].script, rt_container_exit_code(container));
    ck_assert_msg(rt_container_finished_wall_ns(container) - stopped_ns ==
                      stops[_i].stop_ms * NS_PER_MS,
                  "%s: took %" G_GINT64_FORMAT " ns", stops[_i].script,
                  rt_container_finished_wall_ns(container) - stopped_ns);
    pods_free(pods);
}
END_TEST

static const struct {
    const char *words[5];
    const char *problem; /* NULL: understood */
} checks[] = {
    {{"sleep", "3600"}, NULL},
    {{"/bin/sh", "-c", "while true; do date >> /data/out; sleep 5; done"}, NULL},
    {{"nginx", "-g", "daemon off;"}, NULL},
    {{"sh", "-c", "python app.py"}, "'python' is not a command that desk8s can play"},
    {{"/app/server", "--port=80"}, "'/app/server' is not a command that desk8s can play"},
    {{"sh", "-c", "if true; then"}, "syntax error: unexpected end of file (expecting \"fi\")"},
    {{"sh", "-c", "while true do sleep 1; done"},
     "syntax error: unexpected \"done\" (expecting \"do\")"},
};

START_TEST(test_check_command)
{
    g_autofree char *problem = runtime_check_command(NULL, (const char *const *)checks[_i].words, NULL);

    if (checks[_i].problem == NULL)
        ck_assert_msg(problem == NULL, "%s", problem);
    else
        ck_assert_str_eq(problem, checks[_i].problem);
}
END_TEST

START_TEST(test_exec_sees_the_same_files)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "p"), "busybox",
                                        "touch /tmp/ok; sleep 15; rm -f /tmp/ok; sleep 600");

    pods_run(pods, NS_PER_S);
    ck_assert_int_eq(pods_exec(pods, container, "cat /tmp/ok"), 0);
    pods_run(pods, 15 * NS_PER_S);
    ck_assert_int_eq(pods_exec(pods, container, "cat /tmp/ok"), 1);
    ck_assert_str_eq(pods->exec_output, "cat: can't open '/tmp/ok': No such file or directory\n");
    ck_assert_int_eq(pods_exec(pods, container, "exit 4"), 4);
    ck_assert_int_eq(pods_exec(pods, container, "echo hi; sleep 2"), 0);
    ck_assert_str_eq(pods->exec_output, "hi\n");
    ck_assert_int_eq(pods_exec(pods, container, "sleep 20"), -1);
    pods_free(pods);
}
END_TEST

START_TEST(test_message_is_what_was_left_in_the_termination_log)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "p"), "busybox",
                                        "echo -n oops > /dev/termination-log; exit 1");

    pods_run(pods, NS_PER_S);
    ck_assert_str_eq(rt_container_message(container), "oops");
    pods_free(pods);
}
END_TEST

/* web: nginx at 10.244.1.2 behind 10.96.0.80; nobody at 10.244.1.99; a Service without endpoints at 10.96.0.81 */
static const struct {
    const char *script;
    gint32 exit_code;
    const char *log;
} requests[] = {
    {"wget -qO- http://10.244.1.2", 0, "<h1>Welcome to nginx!</h1>\n"},
    {"wget -q -O - http://web:80/", 0, "<h1>Welcome to nginx!</h1>\n"},
    {"curl -s http://web", 0, "<h1>Welcome to nginx!</h1>\n"},
    {"wget -qO- http://nosuch", 1, "wget: bad address 'nosuch'\n"},
    {"curl nosuch", 6, "curl: (6) Could not resolve host: nosuch\n"},
    {"wget -qO- http://10.244.1.2:81", 1,
     "wget: can't connect to remote host (10.244.1.2): Connection refused\n"},
    {"wget -qO- http://10.96.0.81", 1,
     "wget: can't connect to remote host (10.96.0.81): Connection refused\n"},
    {"wget -T 2 -qO- http://10.244.1.99", 1, "wget: download timed out\n"},
    {"curl -m 2 10.244.1.99", 28, "curl: (28) Connection timed out\n"},
    {"wget -qO- localhost", 1,
     "wget: can't connect to remote host (127.0.0.1): Connection refused\n"},
    {"httpd -f -p 8080 -h / & sleep 1; echo x > /f; wget -qO- localhost:8080/f", 0, "x\n"},
    {"cat /etc/resolv.conf", 0,
     "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"},
    {"tail -n 1 /etc/hosts", 0, "10.244.1.3\tp\n"},
    {"nc -z -w 1 10.244.1.2 80 && echo open", 0, "open\n"},
    {"nslookup web", 0, "Name:\tweb\nAddress: 10.96.0.80\n"},
    {"until wget -qO- web; do sleep 1; done", 0, "<h1>Welcome to nginx!</h1>\n"},
};

static const char *
resolve(gpointer self, Sandbox *sandbox, const char *name)
{
    (void)self;
    (void)sandbox;
    return strcmp(name, "web") == 0 ? str_intern("10.96.0.80") : NULL;
}

START_TEST(test_wget)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    FilterRule rules[2] = {{.ip = str_intern("10.96.0.80"), .port = 80, .n_backends = 1},
                           {.ip = str_intern("10.96.0.81"), .port = 80, .verdict = FILTER_REJECT}};
    RtContainer *container;
    g_autofree char *log = NULL;

    rules[0].backends = g_new0(FilterBackend, 1);
    rules[0].backends[0] = (FilterBackend){str_intern("10.244.1.2"), 80};
    filter_replace(machine_filter(pods->machine), rules, G_N_ELEMENTS(rules));
    runtime_set_resolver(pods->runtime, resolve, NULL, "10.96.0.10");
    pods_start(pods, pods_sandbox(pods, "web"), "nginx", NULL);
    pods_run(pods, 5 * NS_PER_S);
    container = pods_start(pods, pods_sandbox(pods, "p"), "busybox", requests[_i].script);
    pods_run(pods, 10 * NS_PER_S);
    log = rt_container_log(container);
    ck_assert_str_eq(log, requests[_i].log);
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    ck_assert_int_eq(rt_container_exit_code(container), requests[_i].exit_code);
    pods_free(pods);
}
END_TEST

Suite *
shell_suite(void)
{
    Suite *suite = suite_create("shell");
    TCase *tcase = tcase_create("shell");

    tcase_add_loop_test(tcase, test_script, 0, G_N_ELEMENTS(scripts));
    tcase_add_loop_test(tcase, test_sigterm, 0, G_N_ELEMENTS(stops));
    tcase_add_loop_test(tcase, test_wget, 0, G_N_ELEMENTS(requests));
    tcase_add_loop_test(tcase, test_check_command, 0, G_N_ELEMENTS(checks));
    tcase_add_test(tcase, test_exec_sees_the_same_files);
    tcase_add_test(tcase, test_message_is_what_was_left_in_the_termination_log);
    suite_add_tcase(suite, tcase);
    return suite;
}
