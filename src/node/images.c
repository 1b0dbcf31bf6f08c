/*
 * images.c - is the image there, and if not, pulling it
 *
 * v1.34 pkg/kubelet/images/image_manager.go. Pulls are serial: one at a time on
 * the node, in the order asked for.
 */

#include "node/internal.h"
#include "node/image_name.h"
#include "api/profile.h"

typedef struct {
    Worker *w; /* (borrowed) looked up by handle before use */
    SimHandle worker;
    const char *image; /* interned */
    gint64 asked_ns;
    ImageDone done;
} PullRequest;

static void pulls_next(Kubelet *k);

static void
image_event(Worker *w, const char *type, const char *reason, const char *message)
{
    worker_container_event(w, w->sync.container, w->sync.container_is_init, type, reason, message);
}

/* --- texts --------------------------------------------------------------------------- */

/* Go's Duration.Truncate(time.Millisecond) */
static char *
pull_duration(gint64 ns)
{
    return duration_format_go(ns - ns % NS_PER_MS);
}

static const char *
pull_error_get(const Worker *w, const char *image)
{
    for (guint i = 0; i < w->pull_errors->len; i++) {
        const PullError *error = &g_array_index(w->pull_errors, PullError, i);

        if (error->key == image)
            return error->error;
    }
    return NULL;
}

static void
pull_error_set(Worker *w, const char *image, const char *text)
{
    PullError fresh = {image, text};

    for (guint i = w->pull_errors->len; i > 0; i--)
        if (g_array_index(w->pull_errors, PullError, i - 1).key == image)
            g_array_remove_index(w->pull_errors, i - 1);
    if (text != NULL)
        g_array_append_val(w->pull_errors, fresh);
}

/* --- pulling ------------------------------------------------------------------------- */

static void
pull_done(gpointer user, const char *error, gint64 pull_ns, gint64 size_bytes)
{
    Kubelet *k = user;
    PullRequest *request = g_queue_pop_head(&k->pulls.queue);
    Worker *w = sim_handle_peek(k->sim, request->worker);
    gint64 waited_ns = sim_now_ns(k->sim) - request->asked_ns;
    const char *image = request->image;
    ImageDone done = request->done;

    g_free(request);
    k->pulls.is_pulling = FALSE;
    if (w != NULL && error != NULL) {
        const char *reason;
        g_autofree char *message = image_pull_message(image, error, &reason);

        image_event(w, "Warning", "Failed",
                    str_internf("Failed to pull image \"%s\": %s", image, error));
        backoff_next(&w->pulls, image, kubelet_wall_ns(k), kubelet_wall_ns(k));
        pull_error_set(w, image, str_internf("%s: %s", reason, message));
        done(w, reason, str_intern(message));
    } else if (w != NULL) {
        g_autofree char *pulled = pull_duration(pull_ns);
        g_autofree char *waited = pull_duration(waited_ns);

        image_event(w, "Normal", "Pulled",
                    str_internf("Successfully pulled image \"%s\" in %s (%s including waiting). "
                                "Image size: %" G_GINT64_FORMAT " bytes.",
                                image, pulled, waited, size_bytes));
        backoff_collect(&w->pulls, kubelet_wall_ns(k));
        image_gc_pulled(k, image);
        eviction_touch(k); /* it lies on the disk now */
        node_status_touch(k);
        done(w, NULL, NULL);
    }
    pulls_next(k);
}

static void
pulls_next(Kubelet *k)
{
    PullRequest *request = g_queue_peek_head(&k->pulls.queue);

    if (k->pulls.is_pulling || request == NULL)
        return;
    k->pulls.is_pulling = TRUE;
    runtime_pull(k->options.runtime, request->image, k->handle, pull_done, k);
}

static void
image_pull(Worker *w, const char *image, ImageDone done)
{
    PullRequest *request;

    if (backoff_holds(&w->pulls, image, kubelet_wall_ns(w->k))) {
        const char *before = pull_error_get(w, image);
        const char *message = str_internf("Back-off pulling image \"%s\"", image);

        image_event(w, "Normal", "BackOff", message);
        if (before != NULL)
            message = str_internf("%s: %s", message, before);
        done(w, "ImagePullBackOff", message);
        return;
    }
    sim_waited(w->k->sim, profile_timers[TIMER_IMAGE_BACKOFF].name, backoff_get_ns(&w->pulls, image));
    pull_error_set(w, image, NULL);
    image_event(w, "Normal", "Pulling", str_internf("Pulling image \"%s\"", image));
    request = g_new0(PullRequest, 1);
    *request = (PullRequest){w, w->handle, image, sim_now_ns(w->k->sim), done};
    g_queue_push_tail(&w->k->pulls.queue, request);
    pulls_next(w->k);
}

/* --- policy -------------------------------------------------------------------------- */

void
image_ensure(Worker *w, const Container *container, gboolean is_init, ImageDone done)
{
    const char *image = container->image;
    const char *policy = container->image_pull_policy;
    g_autofree char *problem = image_name_problem(image);

    (void)is_init;
    if (problem != NULL) {
        const char *message = str_internf("Failed to apply default image tag \"%s\": couldn't parse image name "
                                          "\"%s\": %s",
                                          image, image, problem);

        image_event(w, "Warning", "InspectFailed", message);
        done(w, "InvalidImageName", message);
        return;
    }
    if (!str_is(policy, "Always") && runtime_has_image(w->k->options.runtime, image)) {
        image_event(w, "Normal", "Pulled",
                    str_internf("Container image \"%s\" already present on machine%s", image,
                                profile_has(FEATURE_IMAGE_ACCESS_WORDS, w->k->options.version_minor)
                                    ? " and can be accessed by the pod"
                                    : ""));
        done(w, NULL, NULL);
        return;
    }
    if (str_is(policy, "Never")) {
        const char *message =
            str_internf("Container image \"%s\" is not present with pull policy of Never", image);

        image_event(w, "Warning", "ErrImageNeverPull", message);
        done(w, "ErrImageNeverPull", message);
        return;
    }
    image_pull(w, image, done);
}

void
pulls_clear(Kubelet *k)
{
    g_queue_clear_full(&k->pulls.queue, g_free);
    k->pulls.is_pulling = FALSE;
}
