/* Pictures: drawn from files alone; what users wrote is data and nothing else. */

#include "tests/report/story.h"

#include <check.h>
#include <glib/gstdio.h>

Suite *plots_suite(void);

/* Names that would do harm if gnuplot read them as commands, in the form they have in a CSV cell. */
#define EVIL "\"'; system('touch HARM'); \"\"`touch HARM`\"\" \\ \nset output 'HARM'\n!touch HARM\n@x $(touch HARM) %d %s\""

static void
put(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

/* A small run: two pods, a rollout, a traffic, marks. @name: a CSV cell for everything a user may name. */
static void
write_run(const char *directory, const char *name)
{
    static const char run[] = "{\"name\":\"'; system('touch HARM')\\n!touch HARM\",\"description\":\"`touch HARM` \\\"x\\\" \\\\ $(y)\",\"end\":60.000}";
    g_autofree char *pods = g_strdup_printf("node,namespace,pod,owner,state,from,to\n%s,default,%s,x,pending,0.000,1.000\n%s,default,%s,x,ready,1.000,60.000\n,default,q,,pending,2.000,60.000\n", name, name, name, name);
    g_autofree char *objects = g_strdup_printf("t,kind,namespace,name,owner,revision,desired,current,ready,available,updated,removed\n0.000,Deployment,default,%s,,0,2,0,0,0,0,0\n"
                                               "0.100,ReplicaSet,default,s1,%s,1,2,2,2,2,0,0\n30.000,ReplicaSet,default,s2,%s,2,2,2,1,1,0,0\n40.000,Deployment,default,%s,,2,2,2,2,2,2,0\n",
                                               name, name, name, name);
    g_autofree char *nodes = g_strdup_printf("t,node,ready,unschedulable\n-1.000,%s,True,0\n20.000,%s,Unknown,0\n", name, name);
    g_autofree char *traffic = g_strdup_printf("second,traffic,ok,refused,reset,timeout,other,p50_ms,p90_ms,p99_ms\n0,%s,10,0,0,0,0,1.000,2.000,3.000\n1,%s,5,1,2,3,0,,,\n-4,%s,1,0,0,0,0,1.000,1.000,1.000\n", name, name, name);
    g_autofree char *marks = g_strdup_printf("t,type,text\n10.000,kubectl,%s\n20.000,fault,%s\n55.000,mark,%s\n", name, name, name);

    put(directory, "run.json", run);
    put(directory, "pods.csv", pods);
    put(directory, "objects.csv", objects);
    put(directory, "nodes.csv", nodes);
    put(directory, "traffic.csv", traffic);
    put(directory, "marks.csv", marks);
}

#define DATA "marks.csv nodes.csv objects.csv pods.csv run.json traffic.csv"

static gboolean
has_gnuplot(void)
{
    g_autofree char *path = g_find_program_in_path("gnuplot");

    return path != NULL;
}

static const char *const cells[] = {"web", EVIL, "\"a b\"", "\xc3\xa4\xe2\x82\xac", "#x", "\"\"\"\""};

/* The real gnuplot draws, whatever the names are, and does nothing else. */
START_TEST(test_drawn)
{
    for (guint k = 0; report_plot_kinds[k] != NULL && has_gnuplot(); k++) {
        const char *directory = scratch_directory();
        g_autofree char *message = NULL;
        g_autofree char *names = NULL;
        g_autofree char *want = NULL;
        g_autofree char *svg = g_strdup_printf("%s/%s.svg", directory, report_plot_kinds[k]);
        g_autofree char *png = g_strdup_printf("%s/%s.png", directory, report_plot_kinds[k]);
        g_autofree char *text = NULL;
        g_autofree char *bytes = NULL;
        gsize length;

        write_run(directory, cells[_i]);
        ck_assert_msg(report_plot(directory, report_plot_kinds[k], &message) == PLOT_DONE, "%s: %s", report_plot_kinds[k], message);
        ck_assert(g_file_get_contents(svg, &text, NULL, NULL));
        ck_assert(strstr(text, "</svg>") != NULL);
        ck_assert(g_file_get_contents(png, &bytes, &length, NULL));
        ck_assert(length > 1000);
        ck_assert(memcmp(bytes, "\x89PNG", 4) == 0);
        names = scratch_list(directory);
        want = g_strdup_printf("%s%s%s", k == 1 ? "marks.csv nodes.csv objects.csv pods.csv rollout.png rollout.svg run.json traffic.csv" : "", k == 0 ? "marks.csv nodes.csv objects.csv pods.csv run.json timeline.png timeline.svg traffic.csv" : "", k == 2 ? "marks.csv nodes.csv objects.csv pods.csv run.json traffic.csv traffic.png traffic.svg" : "");
        ck_assert_str_eq(names, want); /* the private directory is gone, and nobody touched HARM */
        ck_assert(!g_file_test("HARM", G_FILE_TEST_EXISTS));
    }
}
END_TEST

/* A gnuplot that shows what it was given: no word of a user stands in the script, each stands quoted in one line of data. */
START_TEST(test_script)
{
    const char *directory = scratch_directory();
    g_autofree char *bin = g_build_filename(directory, "bin", NULL);
    g_autofree char *program = g_build_filename(bin, "gnuplot", NULL);
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_autofree char *with_bin = g_strconcat(bin, ":", path, NULL);
    g_autofree char *script_path = g_build_filename(directory, "script", NULL);
    g_autofree char *data_path = g_build_filename(directory, "data", NULL);

    ck_assert_int_eq(g_mkdir(bin, 0755), 0);
    ck_assert(g_file_set_contents(program, "#!/bin/sh\ncp plot.gp ../script\nfor f in *.dat; do cat $f; echo; done > ../data\n: > out.svg\n: > out.png\n", -1, NULL));
    ck_assert_int_eq(g_chmod(program, 0755), 0);
    write_run(directory, EVIL);
    g_setenv("PATH", with_bin, TRUE);
    for (guint k = 0; report_plot_kinds[k] != NULL; k++) {
        g_autofree char *message = NULL;
        g_autofree char *script = NULL;
        g_autofree char *data = NULL;
        g_auto(GStrv) lines = NULL;
        guint seen = 0;

        ck_assert_msg(report_plot(directory, report_plot_kinds[k], &message) == PLOT_DONE, "%s", message);
        ck_assert(g_file_get_contents(script_path, &script, NULL, NULL));
        ck_assert(g_file_get_contents(data_path, &data, NULL, NULL));
        ck_assert_ptr_null(strstr(script, "HARM"));
        ck_assert_ptr_null(strstr(script, "system"));
        lines = g_strsplit(data, "\n", -1);
        for (guint i = 0; lines[i] != NULL; i++) {
            guint quotes = 0;

            for (const char *p = lines[i]; *p != '\0'; p++)
                quotes += *p == '"';
            if (strstr(lines[i], "HARM") == NULL)
                continue;
            seen++;
            ck_assert_msg(quotes == 2 && strchr(lines[i], '\\') == NULL, "%s", lines[i]);
            ck_assert_msg(strchr("!@'`", lines[i][0]) == NULL, "%s", lines[i]);
        }
        ck_assert_uint_ge(seen, 3);
    }
    g_setenv("PATH", path, TRUE);
    g_unlink(program);
    g_rmdir(bin);
}
END_TEST

static const struct {
    const char *marks;       /* after the head */
    const char *text, *left; /* rows that stand right of their line, and left of it */
} layouts[] = {
    /* earlier ones above, so that no line crosses a text; without kubectl, and files without folders */
    {"10.000,kubectl,kubectl apply -f demo/web.yaml\n10.500,fault,worker-2 loses power\n11.000,mark,lunch\n",
     "10.000 0.345 \"apply -f web.yaml\" 2236962\n10.500 0.230 \"worker-2 loses power\" 13983232\n11.000 0.115 \"lunch\" 2236962\n", ""},
    /* far from each other: all at the bottom; what only looks has no mark */
    {"5.000,kubectl,kubectl scale deployment web\n6.000,kubectl,kubectl get pods\n40.000,fault-end,worker-2 is powered again\n",
     "5.000 0.115 \"scale deployment web\" 2236962\n40.000 0.115 \"worker-2 is powered again\" 13983232\n", ""},
    /* at the right edge; and one after the end */
    {"59.000,mark,a text that does not fit\n61.000,mark,late\n", "", "59.000 0.115 \"a text that does not fit\" 2236962\n"},
    /* three near the right edge, whose texts lie left: the later ones above, as the lines of the earlier ones would cross them */
    {"52.000,mark,the first of three marks\n55.000,mark,the second of three marks\n58.000,mark,the third of three marks\n", "",
     "52.000 0.115 \"the first of three marks\" 2236962\n55.000 0.230 \"the second of three marks\" 2236962\n58.000 0.345 \"the third of three marks\" 2236962\n"},
    /* six at once: texts are cut, the first has no room */
    {"30.000,mark,a\n30.000,mark,b\n30.000,mark,c\n30.000,mark,d\n30.000,mark,e\n30.000,mark,f\n",
     "30.000 0.575 \"b\" 2236962\n30.000 0.460 \"c\" 2236962\n30.000 0.345 \"d\" 2236962\n30.000 0.230 \"e\" 2236962\n30.000 0.115 \"f\" 2236962\n", ""},
    /* so too with long texts: cut for want of a row, and whole again as nothing is beside them */
    {"5.000,mark,forty letters stand in this text of mine\n30.000,mark,a forty letters stand in this text of mine\n30.000,mark,b forty letters stand in this text of mine\n30.000,mark,c forty letters stand in this text of mine\n30.000,mark,d forty letters stand in this text of mine\n30.000,mark,e forty letters stand in this text of mine\n30.000,mark,f forty letters stand in this text of mine\n",
     "5.000 0.115 \"forty letters stand in this text of mine\" 2236962\n30.000 0.575 \"b forty letters stand in this text of mine\" 2236962\n30.000 0.460 \"c forty letters stand in this text of mine\" 2236962\n30.000 0.345 \"d forty letters stand in this text of mine\" 2236962\n30.000 0.230 \"e forty letters stand in this text of mine\" 2236962\n30.000 0.115 \"f forty letters stand in this text of mine\" 2236962\n", ""},
};

/* The texts of marks, where a gnuplot that only looks finds them. */
START_TEST(test_marks)
{
    const char *directory = scratch_directory();
    g_autofree char *bin = g_build_filename(directory, "bin", NULL);
    g_autofree char *program = g_build_filename(bin, "gnuplot", NULL);
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_autofree char *with_bin = g_strconcat(bin, ":", path, NULL);
    g_autofree char *data_path = g_build_filename(directory, "data", NULL);
    g_autofree char *marks = g_strconcat("t,type,text\n", layouts[_i].marks, NULL);
    g_autofree char *want = g_strdup_printf("%s-1e9 0 \"\" 0\n%s-1e9 0 \"\" 0\n", layouts[_i].text, layouts[_i].left);
    g_autofree char *message = NULL;
    g_autofree char *data = NULL;

    ck_assert_int_eq(g_mkdir(bin, 0755), 0);
    ck_assert(g_file_set_contents(program, "#!/bin/sh\ncat marktexts.dat marktexts_right.dat > ../data\n: > out.svg\n: > out.png\n", -1, NULL));
    ck_assert_int_eq(g_chmod(program, 0755), 0);
    write_run(directory, "web");
    put(directory, "marks.csv", marks);
    g_setenv("PATH", with_bin, TRUE);
    ck_assert_msg(report_plot(directory, "timeline", &message) == PLOT_DONE, "%s", message);
    g_setenv("PATH", path, TRUE);
    ck_assert(g_file_get_contents(data_path, &data, NULL, NULL));
    ck_assert_str_eq(data, want);
    g_unlink(program);
    g_rmdir(bin);
}
END_TEST

/* Without gnuplot it says so, and leaves nothing behind. */
START_TEST(test_no_gnuplot)
{
    const char *directory = scratch_directory();
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_autofree char *message = NULL;
    g_autofree char *names = NULL;

    write_run(directory, "web");
    g_setenv("PATH", "/nowhere", TRUE);
    ck_assert_int_eq(report_plot(directory, "timeline", &message), PLOT_NO_GNUPLOT);
    g_setenv("PATH", path, TRUE);
    ck_assert_str_eq(message, "gnuplot is not installed (Debian package gnuplot-nox)");
    names = scratch_list(directory);
    ck_assert_str_eq(names, DATA);
}
END_TEST

/* A directory without data, or with some of it, or with something else. */
START_TEST(test_no_data)
{
    for (guint k = 0; report_plot_kinds[k] != NULL; k++) {
        const char *directory = scratch_directory();
        g_autofree char *message = NULL;
        g_autofree char *again = NULL;
        g_autofree char *no_run = NULL;

        ck_assert_int_eq(report_plot(directory, report_plot_kinds[k], &message), PLOT_NO_DATA);
        ck_assert_msg(g_str_has_suffix(message, "`desk8s run FILE` leaves it"), "%s", message);
        write_run(directory, "web");
        put(directory, "run.json", "[1, 2");
        ck_assert_int_eq(report_plot(directory, report_plot_kinds[k], &again), PLOT_NO_DATA);
        write_run(directory, "web");
        put(directory, "run.json", "{}");
        ck_assert_int_eq(report_plot(directory, report_plot_kinds[k], &no_run), PLOT_NO_DATA);
    }
    {
        g_autofree char *message = NULL;
        ck_assert_int_eq(report_plot("/nowhere", "timeline", &message), PLOT_NO_DATA);
    }
}
END_TEST

/* Many pods on one node: drawn in no time, in rows that are used again. */
START_TEST(test_many)
{
    const char *directory = scratch_directory();
    GString *pods = g_string_new("node,namespace,pod,owner,state,from,to\n");
    g_autofree char *message = NULL;

    write_run(directory, "web");
    for (guint i = 0; i < 20000; i++)
        g_string_append_printf(pods, "n%u,default,p%u,x,ready,%u.000,%u.500\n", i % 40, i, i / 400, i / 400);
    put(directory, "pods.csv", pods->str);
    g_string_free(pods, TRUE);
    if (has_gnuplot())
        ck_assert_msg(report_plot(directory, "timeline", &message) == PLOT_DONE, "%s", message);
}
END_TEST

/* Of names that are too long the part that tells them apart is shown, and numbers are in their order. */
START_TEST(test_long_node_names)
{
    static const struct {
        const char *before, *behind, *shown[3];
    } cases_of_names[] = {
        {"production-worker-pool-eu-west-", "", {"\xe2\x80\xa6pool-eu-west-1<", "\xe2\x80\xa6pool-eu-west-2<", "\xe2\x80\xa6ool-eu-west-10<"}},
        {"ip-10-0-1-", ".ec2.internal", {"ip-10-0-1-1.ec\xe2\x80\xa6", "ip-10-0-1-2.ec\xe2\x80\xa6", "ip-10-0-1-10.e\xe2\x80\xa6"}},
        {"control-plane-", "", {"control-plane-1<", "control-plane-2<", "control-plane-10<"}},
    };
    static const guint numbers[] = {1, 2, 10};

    for (guint c = 0; c < G_N_ELEMENTS(cases_of_names) && has_gnuplot(); c++) {
        const char *directory = scratch_directory();
        g_autoptr(GString) pods = g_string_new("node,namespace,pod,owner,state,from,to\n");
        g_autofree char *message = NULL;
        g_autofree char *svg = g_strdup_printf("%s/timeline.svg", directory);
        g_autofree char *text = NULL;
        const char *at;

        write_run(directory, "web");
        for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
            g_autofree char *node = g_strdup_printf("%s%u%s", cases_of_names[c].before, numbers[i], cases_of_names[c].behind);

            g_string_append_printf(pods, "%s,default,p%u,x,ready,1.000,60.000\n", node, i);
        }
        put(directory, "pods.csv", pods->str);
        ck_assert_msg(report_plot(directory, "timeline", &message) == PLOT_DONE, "%s", message);
        ck_assert(g_file_get_contents(svg, &text, NULL, NULL));
        at = text;
        for (guint i = 0; i < 3; i++) {
            const char *found = strstr(at, cases_of_names[c].shown[i]);

            ck_assert_msg(found != NULL, "%s is not there, or out of order", cases_of_names[c].shown[i]);
            at = found;
        }
    }
}
END_TEST

Suite *
plots_suite(void)
{
    Suite *suite = suite_create("plots");
    TCase *tcase = tcase_create("plots");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_drawn, 0, G_N_ELEMENTS(cells));
    tcase_add_test(tcase, test_script);
    tcase_add_loop_test(tcase, test_marks, 0, G_N_ELEMENTS(layouts));
    tcase_add_test(tcase, test_no_gnuplot);
    tcase_add_test(tcase, test_no_data);
    tcase_add_test(tcase, test_many);
    tcase_add_test(tcase, test_long_node_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
