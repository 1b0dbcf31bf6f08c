/*
 * cpu.c - see rt.h: a machine's CPUs as a fluid
 *
 * Each runnable thread wants one core. A container gets at most its quota; if
 * all together want more than there is, the capacity is poured in proportion to
 * the weights until each has what it wants. Threads of a container share
 * equally. As long as nothing is scarce a change concerns one container only.
 *
 * Work is counted in 10^-6 ns so that rates in millionths of a core lose
 * nothing worth mentioning.
 */

#include "world/rt.h"

#define MICRO 1000000
/* A job is done when less than this is missing: what rounding can leave. */
#define WORK_SLACK 1000

void
cpu_pool_init(CpuPool *pool, Sim *sim, gint64 cpu_milli)
{
    pool->sim = sim;
    pool->capacity_micro = cpu_milli * 1000;
    pool->demand_micro = 0;
    pool->is_contended = FALSE;
    pool->groups = g_ptr_array_new();
    pool->used = 0;
}

void
cpu_pool_clear(CpuPool *pool)
{
    g_ptr_array_free(pool->groups, TRUE);
}

/* --- heap of jobs by finish ------------------------------------------------------------ */

static CpuJob *
job_at(CpuGroup *group, guint index)
{
    return g_ptr_array_index(group->jobs, index);
}

static void
job_place(CpuGroup *group, CpuJob *job, guint index)
{
    group->jobs->pdata[index] = job;
    job->index = index;
}

static void
heap_up(CpuGroup *group, CpuJob *job)
{
    guint index = job->index;

    while (index > 0 && job_at(group, (index - 1) / 2)->finish > job->finish) {
        job_place(group, job_at(group, (index - 1) / 2), index);
        index = (index - 1) / 2;
    }
    job_place(group, job, index);
}

static void
heap_down(CpuGroup *group, CpuJob *job)
{
    guint index = job->index;

    for (;;) {
        guint child = 2 * index + 1;

        if (child >= group->jobs->len)
            break;
        if (child + 1 < group->jobs->len &&
            job_at(group, child + 1)->finish < job_at(group, child)->finish)
            child++;
        if (job_at(group, child)->finish >= job->finish)
            break;
        job_place(group, job_at(group, child), index);
        index = child;
    }
    job_place(group, job, index);
}

static void
heap_remove(CpuGroup *group, CpuJob *job)
{
    guint index = job->index;
    CpuJob *last = job_at(group, group->jobs->len - 1);

    g_ptr_array_set_size(group->jobs, (int)group->jobs->len - 1);
    job->group = NULL;
    if (last == job)
        return;
    job_place(group, last, index);
    heap_up(group, last);
    heap_down(group, last);
}

/* --- rates ------------------------------------------------------------------------------ */

static gint64
group_threads(const CpuGroup *group)
{
    return (gint64)group->jobs->len;
}

/* Bring the work done up to now. */
static void
group_settle(CpuGroup *group)
{
    gint64 now_ns = sim_now_ns(group->pool->sim);
    gint64 wanted = group_threads(group) * MICRO + group->idle_micro;

    group->used += (__int128)(now_ns - group->updated_ns) * group->rate_micro;
    group->pool->used += (__int128)(now_ns - group->updated_ns) * group->rate_micro;
    if (group_threads(group) > 0 && group->rate_micro == wanted) /* the usual case needs no division */
        group->work += (__int128)(now_ns - group->updated_ns) * MICRO;
    else if (group_threads(group) > 0 && wanted > 0)
        group->work += (__int128)(now_ns - group->updated_ns) * group->rate_micro * MICRO / wanted;
    group->updated_ns = now_ns;
}

static void
group_arm(CpuGroup *group)
{
    gint64 wanted = group_threads(group) * MICRO + group->idle_micro;
    __int128 missing;
    __int128 delay_ns;
    __int128 speed;

    if (group_threads(group) == 0 || group->rate_micro == 0) {
        sim_timer_disarm(&group->timer);
        return;
    }
    missing = job_at(group, 0)->finish - group->work;
    if (missing < 0)
        missing = 0;
    speed = (__int128)group->rate_micro * MICRO;
    if (group->rate_micro == wanted && missing < G_MAXINT64 / 2)
        delay_ns = ((gint64)missing + MICRO - 1) / MICRO;
    else
        delay_ns = (missing * wanted + speed - 1) / speed;
    if (delay_ns > G_MAXINT64 / 4)
        sim_timer_disarm(&group->timer);
    else
        sim_timer_arm_after(&group->timer, (gint64)delay_ns);
}

static void
group_set_rate(CpuGroup *group, gint64 rate_micro)
{
    group_settle(group);
    group->rate_micro = rate_micro;
    group_arm(group);
}

/* Pour the capacity: in each round those whose share is more than they want are served and leave. */
static void
pool_pour(CpuPool *pool)
{
    guint n = pool->groups->len;
    g_autofree gboolean *is_served = g_new0(gboolean, n);
    gint64 left_micro = pool->capacity_micro;
    gboolean again = TRUE;

    while (again) {
        gint64 weights = 0;
        gint64 given_micro = 0;

        again = FALSE;
        for (guint i = 0; i < n; i++) {
            if (!is_served[i])
                weights += ((CpuGroup *)g_ptr_array_index(pool->groups, i))->weight;
        }
        for (guint i = 0; i < n; i++) {
            CpuGroup *group = g_ptr_array_index(pool->groups, i);

            if (is_served[i] ||
                (__int128)left_micro * group->weight < (__int128)group->demand_micro * weights)
                continue;
            is_served[i] = TRUE;
            again = TRUE;
            given_micro += group->demand_micro;
            group_set_rate(group, group->demand_micro);
        }
        left_micro -= given_micro;
        if (again)
            continue;
        for (guint i = 0; i < n; i++) {
            CpuGroup *group = g_ptr_array_index(pool->groups, i);

            if (!is_served[i])
                group_set_rate(group, (gint64)((__int128)left_micro * group->weight / weights));
        }
    }
}

static void
pool_give_all(CpuPool *pool)
{
    for (guint i = 0; i < pool->groups->len; i++) {
        CpuGroup *group = g_ptr_array_index(pool->groups, i);

        group_set_rate(group, group->demand_micro);
    }
}

/* Threads came or went: what it wants now, and who must be told. */
static void
group_changed(CpuGroup *group)
{
    CpuPool *pool = group->pool;
    gint64 demand_micro = MIN(group_threads(group) * MICRO + group->idle_micro, group->quota_micro);
    gboolean was_contended = pool->is_contended;

    pool->demand_micro += demand_micro - group->demand_micro;
    group->demand_micro = demand_micro;
    if (demand_micro > 0 && !group->is_listed) {
        g_ptr_array_add(pool->groups, group);
        group->is_listed = TRUE;
    } else if (demand_micro == 0 && group->is_listed) {
        g_ptr_array_remove(pool->groups, group);
        group->is_listed = FALSE;
        group->rate_micro = 0;
        sim_timer_disarm(&group->timer);
    }
    pool->is_contended = pool->demand_micro > pool->capacity_micro;
    if (pool->is_contended)
        pool_pour(pool);
    else if (was_contended)
        pool_give_all(pool);
    else if (group->is_listed)
        group_set_rate(group, demand_micro);
}

/* One job at a time: what its owner does then may end others. */
static void
group_on_timer(Sim *sim, gpointer self)
{
    CpuGroup *group = self;
    CpuJob *job;

    (void)sim;
    group_settle(group);
    if (group_threads(group) == 0)
        return;
    job = job_at(group, 0);
    if (job->finish - group->work >= WORK_SLACK) {
        group_arm(group);
        return;
    }
    heap_remove(group, job);
    group_changed(group);
    job->done(job->user);
}

/* --- public -------------------------------------------------------------------------------- */

void
cpu_group_init(CpuGroup *group, CpuPool *pool, gint64 request_milli, gint64 limit_milli)
{
    group->pool = pool;
    group->weight = MAX(request_milli, 2);
    group->quota_micro = limit_milli > 0 ? limit_milli * 1000 : G_MAXINT64;
    group->jobs = g_ptr_array_new();
    sim_timer_init(&group->timer, pool->sim, SIM_WORLD, group_on_timer, group);
}

void
cpu_group_clear(CpuGroup *group)
{
    group_settle(group);
    for (guint i = 0; i < group->jobs->len; i++)
        job_at(group, i)->group = NULL;
    g_ptr_array_set_size(group->jobs, 0);
    group->idle_micro = 0;
    group_changed(group);
    g_ptr_array_free(group->jobs, TRUE);
    sim_timer_clear(&group->timer);
}

void
cpu_group_set_idle(CpuGroup *group, gint64 idle_milli)
{
    group_settle(group);
    group->idle_micro = idle_milli * 1000;
    group_changed(group);
}

void
cpu_job_start(CpuGroup *group, CpuJob *job, gint64 work_ns, CpuDone done, gpointer user)
{
    g_assert(job->group == NULL);
    group_settle(group);
    if (group->jobs->len == 0)
        group->work = 0;
    job->group = group;
    job->done = done;
    job->user = user;
    job->finish = group->work + (__int128)work_ns * MICRO;
    g_ptr_array_add(group->jobs, job);
    job->index = group->jobs->len - 1;
    heap_up(group, job);
    group_changed(group);
}

void
cpu_job_cancel(CpuJob *job)
{
    CpuGroup *group = job->group;

    if (group == NULL)
        return;
    group_settle(group);
    heap_remove(group, job);
    group_changed(group);
}

gint64
cpu_group_used_ns(CpuGroup *group)
{
    group_settle(group);
    return (gint64)(group->used / MICRO);
}

gint64
cpu_pool_used_ns(CpuPool *pool)
{
    for (guint i = 0; i < pool->groups->len; i++)
        group_settle(g_ptr_array_index(pool->groups, i));
    return (gint64)(pool->used / MICRO);
}
