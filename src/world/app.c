/* app.c - see app.h: default behaviour of programs, and images that everybody knows */

#include "world/rt.h"

#define MIB G_GINT64_CONSTANT(1048576)

void
app_profile_init(AppProfile *profile)
{
    *profile = (AppProfile){
        .startup = DIST_LOGN(100 * NS_PER_MS, 250 * NS_PER_MS),
        /* lognormal of median 0.5 s, sigma 0.7 */
        .stop = DIST_LOGN(500 * NS_PER_MS, 2550 * NS_PER_MS),
        .close_delay_ns = 10 * NS_PER_MS,
        .cpu_ns = NS_PER_MS,
        .wait = DIST_CONST(0),
        .backlog = 4096,
        .memory_bytes = 2 * MIB,
        .exit_after_ns = -1,
        .crash_after_ns = -1,
        .crash_exit_code = 1,
        .unready_from_ns = -1,
        .unready_until_ns = -1,
        .unhealthy_after_ns = -1,
        .serves = TRUE,
    };
}

static void
tune_web(AppProfile *profile)
{
    profile->startup = DIST_LOGN(150 * NS_PER_MS, 400 * NS_PER_MS);
    profile->stop = DIST_LOGN(100 * NS_PER_MS, 300 * NS_PER_MS);
    profile->memory_bytes = 6 * MIB;
    profile->cpu_ns = NS_PER_MS / 2;
}

static void
tune_fast(AppProfile *profile)
{
    profile->startup = DIST_LOGN(80 * NS_PER_MS, 200 * NS_PER_MS);
    profile->stop = DIST_LOGN(50 * NS_PER_MS, 200 * NS_PER_MS);
    profile->memory_bytes = 8 * MIB;
    profile->cpu_ns = NS_PER_MS / 5;
}

static void
tune_mysql(AppProfile *profile)
{
    profile->startup = DIST_LOGN(8 * NS_PER_S, 20 * NS_PER_S);
    profile->stop = DIST_LOGN(1500 * NS_PER_MS, 5 * NS_PER_S);
    profile->memory_bytes = 380 * MIB;
    profile->concurrency = 151;
}

static void
tune_postgres(AppProfile *profile)
{
    profile->startup = DIST_LOGN(2 * NS_PER_S, 6 * NS_PER_S);
    profile->stop = DIST_LOGN(200 * NS_PER_MS, NS_PER_S);
    profile->memory_bytes = 40 * MIB;
    profile->concurrency = 100;
}

static void
tune_mongo(AppProfile *profile)
{
    profile->startup = DIST_LOGN(1500 * NS_PER_MS, 4 * NS_PER_S);
    profile->stop = DIST_LOGN(500 * NS_PER_MS, 2 * NS_PER_S);
    profile->memory_bytes = 120 * MIB;
}

static void
tune_jvm(AppProfile *profile)
{
    profile->startup = DIST_LOGN(4 * NS_PER_S, 12 * NS_PER_S);
    profile->memory_bytes = 256 * MIB;
    profile->concurrency = 200;
    profile->cpu_ns = 2 * NS_PER_MS;
}

static void
tune_search(AppProfile *profile)
{
    profile->startup = DIST_LOGN(20 * NS_PER_S, 60 * NS_PER_S);
    profile->memory_bytes = 1400 * MIB;
}

static void
tune_queue(AppProfile *profile)
{
    profile->startup = DIST_LOGN(8 * NS_PER_S, 20 * NS_PER_S);
    profile->memory_bytes = 120 * MIB;
}

static void
tune_php(AppProfile *profile)
{
    profile->startup = DIST_LOGN(NS_PER_S, 4 * NS_PER_S);
    profile->memory_bytes = 40 * MIB;
    profile->cpu_ns = 5 * NS_PER_MS;
    profile->concurrency = 150;
}

/* registry.k8s.io/hpa-example: a million square roots a request. */
static void
tune_hpa(AppProfile *profile)
{
    tune_php(profile);
    profile->cpu_ns = 100 * NS_PER_MS;
}

/* A shell or an interpreter without a terminal reads the end of its input and exits. */
static void
tune_exits(AppProfile *profile)
{
    profile->serves = FALSE;
    profile->exit_after_ns = 0;
    profile->memory_bytes = MIB;
}

static void
tune_pause(AppProfile *profile)
{
    profile->serves = FALSE;
    profile->stop = DIST_CONST(0);
    profile->memory_bytes = MIB / 2;
}

static void
tune_agent(AppProfile *profile)
{
    profile->serves = FALSE;
    profile->memory_bytes = 60 * MIB;
    profile->idle_cpu_milli = 5;
}

#define MB G_GINT64_CONSTANT(1000000)

static const WellKnown well_known[] = {
    {"nginx", {80}, "nginx", FALSE, tune_web, 70 * MB},
    {"nginx-unprivileged", {8080}, "nginx", FALSE, tune_web, 70 * MB},
    {"nginx-slim", {80}, "nginx", FALSE, tune_web, 45 * MB},
    {"nginxhello", {80}, NULL, FALSE, tune_web, 10 * MB},
    {"httpd", {80}, "httpd-foreground", FALSE, tune_web, 58 * MB},
    {"caddy", {80}, "caddy", FALSE, tune_web, 20 * MB},
    {"haproxy", {80}, "haproxy", FALSE, tune_web, 40 * MB},
    {"traefik", {80}, "traefik", FALSE, tune_web, 40 * MB},
    {"whoami", {80}, NULL, FALSE, tune_fast, 3 * MB},
    {"echoserver", {8080}, NULL, FALSE, tune_fast, 43 * MB},
    {"echo-server", {8080}, NULL, FALSE, tune_fast, 43 * MB},
    {"hello-app", {8080}, NULL, FALSE, tune_fast, 5 * MB},
    {"node-hello", {8080}, NULL, FALSE, tune_fast, 250 * MB},
    {"http-echo", {5678}, NULL, FALSE, tune_fast, 4 * MB},
    {"kuard-amd64", {8080}, NULL, FALSE, tune_fast, 12 * MB},
    {"kubernetes-bootcamp", {8080}, NULL, FALSE, tune_fast, 80 * MB},
    {"podinfo", {9898}, NULL, FALSE, tune_fast, 30 * MB},
    {"serve_hostname", {9376}, NULL, FALSE, tune_fast, 6 * MB},
    {"mysql", {3306}, "mysqld", FALSE, tune_mysql, 150 * MB},
    {"mariadb", {3306}, "mariadbd", FALSE, tune_mysql, 120 * MB},
    {"postgres", {5432}, "postgres", FALSE, tune_postgres, 140 * MB},
    {"mongo", {27017}, "mongod", FALSE, tune_mongo, 240 * MB},
    {"redis", {6379}, "redis-server", FALSE, tune_fast, 40 * MB},
    {"valkey", {6379}, "valkey-server", FALSE, tune_fast, 40 * MB},
    {"memcached", {11211}, "memcached", FALSE, tune_fast, 30 * MB},
    {"rabbitmq", {5672}, "rabbitmq-server", FALSE, tune_queue, 100 * MB},
    {"zookeeper", {2181}, "zkServer.sh", FALSE, tune_jvm, 110 * MB},
    {"kafka", {9092}, NULL, FALSE, tune_jvm, 300 * MB},
    {"elasticsearch", {9200}, NULL, FALSE, tune_search, 600 * MB},
    {"cassandra", {9042}, "cassandra", FALSE, tune_search, 150 * MB},
    {"tomcat", {8080}, "catalina.sh", FALSE, tune_jvm, 180 * MB},
    {"jenkins", {8080}, NULL, FALSE, tune_jvm, 250 * MB},
    {"wordpress", {80}, "apache2-foreground", FALSE, tune_php, 220 * MB},
    {"php-apache", {80}, "apache2-foreground", FALSE, tune_php, 170 * MB},
    {"phpmyadmin", {80}, "apache2-foreground", FALSE, tune_php, 180 * MB},
    {"hpa-example", {80}, "apache2-foreground", FALSE, tune_hpa, 170 * MB},
    {"gb-frontend", {80}, NULL, FALSE, tune_php, 170 * MB},
    {"prometheus", {9090}, NULL, FALSE, tune_jvm, 110 * MB},
    {"grafana", {3000}, NULL, FALSE, tune_php, 110 * MB},
    {"registry", {5000}, "registry", FALSE, tune_fast, 10 * MB},
    {"pause", {0}, "/pause", FALSE, tune_pause, MB / 3},
    {"fluentd", {0}, NULL, FALSE, tune_agent, 50 * MB},
    {"fluentd-elasticsearch", {0}, NULL, FALSE, tune_agent, 140 * MB},
    {"fluent-bit", {0}, NULL, FALSE, tune_agent, 30 * MB},
    {"filebeat", {0}, NULL, FALSE, tune_agent, 100 * MB},
    {"node-exporter", {9100}, NULL, FALSE, tune_fast, 12 * MB},
    {"busybox", {0}, NULL, TRUE, tune_exits, 2 * MB},
    {"alpine", {0}, NULL, TRUE, tune_exits, 3 * MB},
    {"ubuntu", {0}, NULL, TRUE, tune_exits, 30 * MB},
    {"debian", {0}, NULL, TRUE, tune_exits, 49 * MB},
    {"centos", {0}, NULL, TRUE, tune_exits, 80 * MB},
    {"fedora", {0}, NULL, TRUE, tune_exits, 70 * MB},
    {"bash", {0}, NULL, TRUE, tune_exits, 6 * MB},
    {"perl", {0}, NULL, TRUE, tune_exits, 350 * MB},
    {"python", {0}, NULL, TRUE, tune_exits, 350 * MB},
    {"node", {0}, NULL, TRUE, tune_exits, 380 * MB},
    {"golang", {0}, NULL, TRUE, tune_exits, 280 * MB},
    {"openjdk", {0}, NULL, TRUE, tune_exits, 240 * MB},
    {"curl", {0}, NULL, TRUE, tune_exits, 8 * MB},
    {"hello-world", {0}, NULL, FALSE, tune_exits, MB / 100},
};

const WellKnown *
app_well_known(const char *image)
{
    const char *name = image_short_name(image);

    for (guint i = 0; i < G_N_ELEMENTS(well_known); i++) {
        if (str_is(well_known[i].name, name))
            return &well_known[i];
    }
    return NULL;
}

gboolean
app_is_server_word(const char *word)
{
    const char *slash = strrchr(word, '/');
    const char *name = slash != NULL ? slash + 1 : word;

    if (str_is(name, "docker-entrypoint.sh") || str_is(name, "entrypoint.sh"))
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(well_known); i++) {
        if (well_known[i].server != NULL && str_is(well_known[i].server, name))
            return TRUE;
    }
    return FALSE;
}

gboolean
app_profile_well_known(const char *image, AppProfile *out_profile)
{
    const WellKnown *known = app_well_known(image);

    if (known == NULL)
        return FALSE;
    app_profile_init(out_profile);
    known->tune(out_profile);
    return TRUE;
}
