/* fixture.c - see fixture.h */

#include "tests/etcd/fixture.h"

void
fixture_init(Fixture *f, guint n_members, gboolean quick, Dist fsync)
{
    *f = (Fixture){0};
    f->sim = sim_new(&(SimOptions){.seed = 1});

    Dist hop = DIST_CONST(250 * NS_PER_US);

    f->world = world_new(f->sim, &(WorldOptions){.loopback = DIST_CONST(0),
                                                 .same_zone = hop,
                                                 .cross_zone = hop,
                                                 .external = hop});
    for (guint i = 0; i < n_members; i++) {
        const char *name = str_internf("cp-%u", i);

        f->machines[i] = machine_new(f->world, &(MachineOptions){.name = name,
                                                                 .ip = str_internf("10.0.0.%u", i),
                                                                 .cpu_milli = 4000,
                                                                 .memory_bytes = 1 << 30});
    }
    f->client = process_new(f->machines[0], "client", NULL, NULL);
    process_start(f->client);
    f->owner = sim_handle_new(f->sim, f);
    f->etcd = etcd_new(&(EtcdOptions){.sim = f->sim,
                                      .world = f->world,
                                      .machines = f->machines,
                                      .n_members = n_members,
                                      .fsync = fsync,
                                      .quick = quick});
    etcd_start(f->etcd);
}

void
fixture_clear(Fixture *f)
{
    etcd_free(f->etcd);
    world_free(f->world);
    sim_free(f->sim);
}

EtcdKey *
fixture_key(Fixture *f, const char *name)
{
    return etcd_key(f->etcd, &config_map_kind, "default", name);
}

typedef struct {
    Fixture *f;
    Answer *answer;
} Waiting;

static void
on_done(gpointer user, const EtcdResult *result)
{
    Waiting *waiting = user;

    *waiting->answer = (Answer){TRUE, sim_now_ns(waiting->f->sim), result->error, result->succeeded,
                                result->revision};
}

static void
send(Fixture *f, const char *name, guint64 expected, ApiObject *value, Answer *answer)
{
    EtcdTxn txn = {.key = fixture_key(f, name), .expected_revision = expected, .value = value};
    Waiting *waiting = g_new(Waiting, 1);

    *answer = (Answer){0};
    *waiting = (Waiting){f, answer};
    etcd_txn(f->etcd, f->client, &txn, f->owner, on_done, waiting, g_free);
}

void
fixture_put(Fixture *f, const char *name, guint64 expected, Answer *answer)
{
    g_autoptr(ApiObject) object = api_object_new(&config_map_kind, "default", name);

    send(f, name, expected, object, answer);
}

void
fixture_delete(Fixture *f, const char *name, guint64 expected, Answer *answer)
{
    send(f, name, expected, NULL, answer);
}

Answer
fixture_put_wait(Fixture *f, const char *name, guint64 expected)
{
    Answer answer;

    fixture_put(f, name, expected, &answer);
    while (!answer.is_done && sim_step(f->sim))
        continue;
    return answer;
}
