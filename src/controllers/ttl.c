#include "controllers/ttl.h"

/* v1.34 pkg/controller/ttl/ttl_controller.go */

#define ANNOTATION "node.alpha.kubernetes.io/ttl"

static const struct {
    guint min, max; /* nodes: with fewer a step down, with more a step up */
    guint seconds;
} steps[] = {
    {0, 100, 0}, {90, 500, 15}, {450, 1000, 30}, {900, 2000, 60}, {1800, 10000, 300}, {9000, G_MAXUINT, 600},
};

void
ttl_note(TtlState *state, gboolean is_gone)
{
    state->count += is_gone ? -1 : 1;
    if (is_gone ? state->count < steps[state->step].min : state->count > steps[state->step].max)
        state->step += is_gone ? -1 : 1;
}

guint
ttl_seconds(const TtlState *state)
{
    return steps[state->step].seconds;
}

static gboolean
is_right(const ApiObject *node, guint seconds)
{
    const char *text = str_map_get(&node->meta->annotations, str_intern(ANNOTATION));
    gint64 value;

    return text != NULL && g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &value, NULL) && value == seconds;
}

static gboolean
put_annotation(ApiObject *node, gpointer text)
{
    str_map_set(&api_edit_meta(node)->annotations, str_intern(ANNOTATION), text);
    return TRUE;
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ApiObject *node = view_get(r->view, &node_kind, NULL, r->key);
    guint seconds = ttl_seconds(r->state);

    if (node != NULL && !is_right(node, seconds))
        plan_patch(plan, node, NULL, put_annotation, (gpointer)str_internf("%u", seconds), NULL,
                   "because kubelets of such a cluster keep what they read for %u s", seconds);
}

/* A node hears of another number of seconds when it is next written itself. */
static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    TtlState *state = controller_state(controller);

    if (old == NULL || object == NULL)
        ttl_note(state, object == NULL);
    /* The sync of a node that is right would find nothing to do. */
    if (object != NULL && (old == NULL || !is_right(object, ttl_seconds(state))))
        controller_enqueue_object(controller, object);
}

static gpointer
new_state(void)
{
    return g_new0(TtlState, 1);
}

static const ControllerSource sources[] = {
    {&node_kind, on_node},
    {0},
};

const ControllerDef ttl_controller = {
    .name = "ttl",
    .component = "ttl-controller",
    .workers = 5,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = new_state,
    .free_state = g_free,
};
