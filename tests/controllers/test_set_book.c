#include "controllers/set_book.h"

#include "controllers/replicaset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* What is stored, and the book that is told of each change. */
typedef struct {
    ApiObject *deployment, *set, *other; /* (owned) sets of one Deployment */
    GPtrArray *objects;                  /* (owned) of owned refs: both sets, then pods */
    SetBook *book;
    guint n_made;
} Told;

static Told
told_new(void)
{
    Told w = {.objects = g_ptr_array_new_with_free_func(api_object_unref)};
    const char *names[] = {"web-1", "web-2"};

    w.deployment = make_deployment(&(DeploymentOptions){.name = "web", .replicas = 100});
    w.book = set_book_new(&replica_set_kind);
    for (guint i = 0; i < 2; i++) {
        ApiObject *set = make_set(w.deployment, names[i], "app:1", 100, 0, 1);

        api_edit_meta(set)->uid = str_internf("uid-%u", i);
        g_ptr_array_add(w.objects, set);
    }
    w.set = w.objects->pdata[0];
    w.other = w.objects->pdata[1];
    return w;
}

static void
told_free(Told *w)
{
    set_book_free(w->book);
    g_ptr_array_unref(w->objects);
    api_object_unref(w->deployment);
}

static void
add_pod(Told *w, const ApiObject *owner)
{
    ApiObject *pod = make_pod(owner, str_internf("p-%u", w->n_made++), NULL, "Pending", FALSE);

    g_ptr_array_add(w->objects, pod);
    set_book_on_pod(w->book, NULL, pod);
}

static void
put(Told *w, guint index, ApiObject *changed)
{
    set_book_on_pod(w->book, w->objects->pdata[index], changed);
    api_object_unref(w->objects->pdata[index]);
    w->objects->pdata[index] = changed;
}

/* What a sync without the book finds. FALSE: such a sync would adopt or release, or has pods without all labels. */
static gboolean
count_plainly(View *view, const ApiObject *set, SetTally *out)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    LabelSelector selector = replica_set_selector(set);
    gboolean is_simple = TRUE;

    *out = (SetTally){0};
    view_list_owned(view, &pod_kind, api_uid(set), pods);
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        is_simple &= label_selector_matches(&selector, &pod->meta->labels);
        out->active += pod_is_active(pod);
        out->ready += pod_is_active(pod) && pod_is_ready(pod);
        out->terminating += pod_is_terminating(pod);
    }
    g_ptr_array_set_size(pods, 0);
    view_list_orphans(view, &pod_kind, api_namespace(set), pods);
    for (guint i = 0; i < pods->len; i++)
        is_simple &= !label_selector_matches(&selector, &((const ApiObject *)pods->pdata[i])->meta->labels);
    return is_simple;
}

/* What the book says, which is never wrong; as a sync does, it counts if the book does not know. */
static gboolean
ask(Told *w, const ApiObject *set, SetTally *out)
{
    View *view = view_new_array((const ApiObject *const *)w->objects->pdata, w->objects->len);
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    gboolean is_known = set_book_tally(w->book, view, set, out);
    SetTally plain;

    if (is_known) {
        ck_assert(count_plainly(view, set, &plain));
        ck_assert_int_eq(out->active, plain.active);
        ck_assert_int_eq(out->ready, plain.ready);
        ck_assert_int_eq(out->terminating, plain.terminating);
    } else {
        view_list_owned(view, &pod_kind, api_uid(set), pods);
        set_book_begin(w->book, set, pods);
    }
    view_free(view);
    return is_known;
}

static Told
told_counted(void)
{
    Told w = told_new();
    SetTally tally;

    for (guint i = 0; i < 100; i++)
        add_pod(&w, w.set);
    ck_assert(!ask(&w, w.set, &tally));
    ck_assert(!ask(&w, w.set, &tally)); /* the second time in a row it counts */
    ck_assert(ask(&w, w.set, &tally));
    ck_assert_int_eq(tally.active, 100);
    return w;
}

/* --- what becomes of a pod ---------------------------------------------------------------------- */

static void
become(ApiObject *pod, const Told *w, guint what)
{
    PodStatus *status = api_edit_status(pod);

    switch (what) {
    case 0:
        set_condition(&status->conditions, "Ready", "True", NULL, MINI_EPOCH);
        break;
    case 1:
        set_condition(&status->conditions, "Ready", "False", NULL, MINI_EPOCH);
        break;
    case 2:
        status->phase = str_intern("Succeeded");
        break;
    case 3:
        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
        break;
    case 4:
        str_map_remove(&api_edit_meta(pod)->labels, str_intern("app"));
        break;
    case 5:
        str_map_set(&api_edit_meta(pod)->labels, str_intern("app"), str_intern("web"));
        break;
    case 6:
        api_edit_meta(pod)->owner_references.count = 0;
        break;
    case 7:
        api_edit_meta(pod)->owner_references.count = 0;
        api_set_controller(api_edit_meta(pod), w->other);
        break;
    }
}

START_TEST(test_change)
{
    Told w = told_counted();
    ApiObject *changed = api_object_copy(w.objects->pdata[7]);
    SetTally tally;

    become(changed, &w, (guint)_i);
    put(&w, 7, changed);
    /* Without a label, and without an owner, a sync has more to do than to count. */
    ck_assert_int_eq(ask(&w, w.set, &tally), _i != 4 && _i != 6);
    told_free(&w);
}
END_TEST

/* Whatever happens: what is said is true. And something is said. */
START_TEST(test_any)
{
    Told w = told_new();
    GRand *rand = g_rand_new_with_seed((guint32)_i);
    guint n_known = 0;
    SetTally tally;

    for (guint i = 0; i < 200; i++)
        add_pod(&w, i % 2 == 0 ? w.set : w.other);
    for (guint step = 0; step < 3000; step++) {
        guint index = (guint)g_rand_int_range(rand, 2, (gint32)w.objects->len);
        guint what = (guint)g_rand_int_range(rand, 0, 400);
        ApiObject *changed;

        if (what >= 350) {
            n_known += ask(&w, what % 2 == 0 ? w.set : w.other, &tally);
        } else if (what >= 340) {
            add_pod(&w, what % 2 == 0 ? w.set : w.other);
        } else if (what == 339) {
            set_book_on_pod(w.book, w.objects->pdata[index], NULL);
            g_ptr_array_remove_index(w.objects, index);
        } else {
            changed = api_object_copy(w.objects->pdata[index]);
            become(changed, &w, what < 8 ? what : what % 2);
            put(&w, index, changed);
            if (what == 4 || what == 6) { /* mended */
                changed = api_object_copy(changed);
                become(changed, &w, what == 4 ? 5 : 7);
                put(&w, index, changed);
            }
        }
    }
    ck_assert_uint_gt(n_known, 50);
    g_rand_free(rand);
    told_free(&w);
}
END_TEST

START_TEST(test_doubt)
{
    Told w = told_counted();
    ApiObject *changed = api_object_copy(w.set);
    ApiObject *stranger;
    SetTally tally;

    /* Another spec: judged anew. */
    ((ReplicaSetSpec *)api_edit_spec(changed))->replicas = OPT_INT32(50);
    set_book_on_set(w.book, w.set, changed);
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(ask(&w, changed, &tally));
    /* A deletion tells a state that was never counted. */
    set_book_on_pod(w.book, w.objects->pdata[9], NULL);
    g_ptr_array_remove_index(w.objects, 9);
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(ask(&w, changed, &tally));
    ck_assert_int_eq(tally.active, 99);
    /* A pod that the controller is not told of, as its reference says another kind. */
    stranger = make_pod(changed, "stranger", NULL, "Pending", FALSE);
    api_edit_meta(stranger)->owner_references.items[0].kind = str_intern("Job");
    g_ptr_array_add(w.objects, stranger);
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(!ask(&w, changed, &tally));
    ck_assert(!set_book_tally(NULL, NULL, changed, &tally));
    api_object_unref(changed);
    told_free(&w);
}
END_TEST

START_TEST(test_owner)
{
    Told w = told_counted();
    ApiObject *pod = w.objects->pdata[5];
    View *view = view_new_array((const ApiObject *const *)w.objects->pdata, w.objects->len);
    g_autoptr(ApiObject) namesake = api_object_copy(w.set);
    g_autoptr(ApiObject) elsewhere = api_object_copy(pod);
    View *later;

    ck_assert_pstr_eq(set_book_owner(w.book, view, pod).key, "default/web-1");
    api_edit_meta(elsewhere)->namespace_ = str_intern("kube-system");
    ck_assert_ptr_null(owner_in_view(view, &replica_set_kind, elsewhere));
    ck_assert_ptr_null(set_book_owner(w.book, view, elsewhere).key);
    /* Gone, and another of its name in its place. */
    api_edit_meta(namesake)->uid = str_intern("uid-9");
    set_book_on_set(w.book, w.set, namesake);
    api_object_ref(namesake);
    api_object_unref(w.objects->pdata[0]);
    w.objects->pdata[0] = namesake;
    later = view_new_array((const ApiObject *const *)w.objects->pdata, w.objects->len);
    ck_assert_ptr_null(set_book_owner(w.book, later, pod).key);
    view_free(view);
    view_free(later);
    told_free(&w);
}
END_TEST

Suite *
set_book_suite(void)
{
    Suite *suite = suite_create("book of sets");
    TCase *tests = tcase_create("book of sets");

    tcase_add_loop_test(tests, test_change, 0, 8);
    tcase_add_loop_test(tests, test_any, 1, 5);
    tcase_add_test(tests, test_doubt);
    tcase_add_test(tests, test_owner);
    suite_add_tcase(suite, tests);
    return suite;
}
