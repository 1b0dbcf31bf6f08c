/* support.c - see support.h */

#include "tests/kubectl/support.h"

#include "api/validate.h"
#include "base/duration.h"

Value *
value_from_text(const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(text, strlen(text), "test", diag);
    g_autofree char *mistakes = diag_format(diag);

    ck_assert_msg(diag_count_errors(diag) == 0, "%s", mistakes);
    ck_assert_uint_gt(documents->len, 0);
    return value_copy(g_ptr_array_index(documents, 0));
}

ApiObject *
object_from_yaml(const char *yaml)
{
    g_autoptr(Value) value = value_from_text(yaml);
    const ApiKind *kind = api_kind_find(value_get_string(value, "apiVersion", "v1"),
                                        value_get_string(value, "kind", ""));
    ApiDecodeResult result = {0};
    ApiObject *object;

    ck_assert_msg(kind != NULL, "unknown kind");
    object = api_object_decode(kind, value, &result);
    ck_assert_msg(object != NULL, "%s", result.type_error);
    ck_assert_msg(result.unknown == NULL || result.unknown->len == 0, "unknown field %s",
                  result.unknown != NULL && result.unknown->len > 0
                      ? (const char *)g_ptr_array_index(result.unknown, 0)
                      : "");
    api_decode_result_clear(&result);
    return object;
}

/* --- cluster ----------------------------------------------------------------------------- */

static char *
read_file(gpointer self, const char *path, gsize *out_length)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *full =
        g_build_filename(top != NULL ? top : ".", "tests/kubectl/data", path, NULL);
    char *text = NULL;

    (void)self;
    return g_file_get_contents(full, &text, out_length, NULL) ? text : NULL;
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **
list_files(gpointer self, const char *path)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *full = g_build_filename(top != NULL ? top : ".", "tests/kubectl/data", path, NULL);
    GDir *directory = g_dir_open(full, 0, NULL);
    GPtrArray *names = g_ptr_array_new();
    const char *name;

    (void)self;
    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *below = g_build_filename(full, name, NULL);

        g_ptr_array_add(names, g_strconcat(name, g_file_test(below, G_FILE_TEST_IS_DIR) ? "/" : "", NULL));
    }
    g_ptr_array_sort(names, by_text);
    g_ptr_array_add(names, NULL);
    if (directory != NULL)
        g_dir_close(directory);
    else
        g_clear_pointer(&names, g_ptr_array_unref);
    return names != NULL ? (char **)g_ptr_array_free(names, FALSE) : NULL;
}

Cluster *
cluster_new(void)
{
    return cluster_new_of(34);
}

Cluster *
cluster_new_of(guint minor)
{
    static const WorldOptions world_options = {
        .loopback = {.type = DIST_CONSTANT, .a_ns = 20 * NS_PER_US},
        .same_zone = {.type = DIST_CONSTANT, .a_ns = 200 * NS_PER_US},
        .cross_zone = {.type = DIST_CONSTANT, .a_ns = 500 * NS_PER_US},
        .external = {.type = DIST_CONSTANT, .a_ns = 1 * NS_PER_MS},
    };
    Cluster *cluster = g_new0(Cluster, 1);

    cluster->sim =
        sim_new(&(SimOptions){.seed = 1, .epoch_unix_ns = NOW_NS, .start_ns = -10 * NS_PER_S});
    cluster->world = world_new(cluster->sim, &world_options);
    cluster->machine = machine_new(cluster->world, &(MachineOptions){.name = "control",
                                                                     .ip = "10.0.0.1",
                                                                     .cpu_milli = 4000,
                                                                     .memory_bytes = 1 << 30});
    cluster->user = machine_new(cluster->world, &(MachineOptions){.name = "user",
                                                                  .ip = "10.0.0.2",
                                                                  .cpu_milli = 4000,
                                                                  .memory_bytes = 1 << 30});
    machine_power_on(cluster->machine);
    machine_power_on(cluster->user);
    cluster->etcd = etcd_new(&(EtcdOptions){.sim = cluster->sim,
                                            .world = cluster->world,
                                            .machines = &cluster->machine,
                                            .n_members = 1,
                                            .quick = TRUE});
    etcd_start(cluster->etcd);
    cluster->server = apiserver_new(&(ApiServerOptions){.sim = cluster->sim,
                                                        .world = cluster->world,
                                                        .machine = cluster->machine,
                                                        .etcd = cluster->etcd,
                                                        .version_minor = 34,
                                                        .tracks_managers = TRUE,
                                                        .quick = TRUE});
    process_start(apiserver_process(cluster->server));
    cluster->kubectl = kubectl_new(&(KubectlOptions){.sim = cluster->sim,
                                                     .world = cluster->world,
                                                     .machine = cluster->user,
                                                     .server = cluster->server,
                                                     .read_file = read_file,
                                                     .list_files = list_files,
                                                     .version_minor = minor,
                                                     .instant = TRUE});
    sim_run_until(cluster->sim, 0);
    return cluster;
}

void
cluster_free(Cluster *cluster)
{
    kubectl_free(cluster->kubectl);
    apiserver_free(cluster->server);
    etcd_free(cluster->etcd);
    world_free(cluster->world);
    sim_free(cluster->sim);
    g_free(cluster);
}

void
output_clear(Output *output)
{
    g_free(output->out);
    g_free(output->err);
    *output = (Output){0};
}

static void
on_done(gpointer user, const KubectlResult *result)
{
    Output *output = user;

    output->is_done = TRUE;
    output->exit = result->exit;
    output->out = g_strdup(result->out->str);
    output->err = g_strdup(result->err->str);
}

void
cluster_start(Cluster *cluster, const char *line, const char *input, Output *output)
{
    g_autofree char *message = NULL;
    g_auto(GStrv) words = kubectl_split(line, &message);

    ck_assert_msg(words != NULL, "%s: %s", line, message);
    kubectl_run(cluster->kubectl, (const char *const *)words, input, on_done, output);
}

void
cluster_run(Cluster *cluster, const char *line, const char *input, Output *output)
{
    gint64 end_ns = sim_now_ns(cluster->sim) + NS_PER_MIN;

    cluster_start(cluster, line, input, output);
    while (!output->is_done && sim_now_ns(cluster->sim) < end_ns)
        sim_run_until(cluster->sim, MIN(sim_next_ns(cluster->sim), end_ns));
    ck_assert_msg(output->is_done, "kubectl %s does not end", line);
}
