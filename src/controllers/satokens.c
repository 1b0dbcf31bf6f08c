#include "controllers/controllers.h"
#include "controllers/util.h"

/*
 * v1.34 pkg/controller/serviceaccount/tokens_controller.go: a Secret of type
 * kubernetes.io/service-account-token that names an account gets a token for it, and
 * goes with the account. Keys: "secret:NS/NAME", "account:NS/NAME/UID" of an account
 * that is gone, "reference:NS/ACCOUNT/SECRET" of a Secret that is gone.
 */

#define TOKEN_TYPE      "kubernetes.io/service-account-token"
#define ANNOTATION_NAME "kubernetes.io/service-account.name"
#define ANNOTATION_UID  "kubernetes.io/service-account.uid"
#define KEY_SECRET      "secret:"
#define KEY_ACCOUNT     "account:"
#define KEY_REFERENCE   "reference:"

static const SecretBody *
secret_body(const ApiObject *secret)
{
    return secret->body;
}

static const char *
annotation(const ApiObject *secret, const char *key)
{
    return str_map_get(&secret->meta->annotations, str_intern(key));
}

static gboolean
is_token_secret(const ApiObject *secret)
{
    return str_is(secret_body(secret)->type, TOKEN_TYPE) &&
           !str_is_empty(annotation(secret, ANNOTATION_NAME));
}

/* serviceaccount.IsServiceAccountToken */
static gboolean
is_token_of(const ApiObject *secret, const char *account_name, const char *account_uid)
{
    const char *uid = annotation(secret, ANNOTATION_UID);

    return is_token_secret(secret) && str_is(annotation(secret, ANNOTATION_NAME), account_name) &&
           (str_is_empty(uid) || str_is(uid, account_uid));
}

/* --- the token: a JWT in shape, not to be checked by anybody ------------------------------------------- */

static void
append_base64_url(GString *out, const guchar *data, gsize length)
{
    g_autofree char *text = g_base64_encode(data, length);

    for (char *at = text; *at != '\0' && *at != '='; at++)
        g_string_append_c(out, *at == '+' ? '-' : *at == '/' ? '_' : *at);
}

static char *
make_token(const ApiObject *account, const ApiObject *secret)
{
    static const char head[] = "{\"alg\":\"RS256\",\"kid\":\"desk8s\"}";
    g_autofree char *claims = g_strdup_printf(
        "{\"iss\":\"kubernetes/serviceaccount\",\"kubernetes.io/serviceaccount/namespace\":\"%s\","
        "\"kubernetes.io/serviceaccount/secret.name\":\"%s\","
        "\"kubernetes.io/serviceaccount/service-account.name\":\"%s\","
        "\"kubernetes.io/serviceaccount/service-account.uid\":\"%s\","
        "\"sub\":\"system:serviceaccount:%s:%s\"}",
        api_namespace(secret), api_name(secret), api_name(account), api_uid(account),
        api_namespace(secret), api_name(account));
    GString *token = g_string_new(NULL);
    guchar signature[256];

    append_base64_url(token, (const guchar *)head, sizeof head - 1);
    g_string_append_c(token, '.');
    append_base64_url(token, (const guchar *)claims, strlen(claims));
    g_string_append_c(token, '.');
    for (guint i = 0; i < sizeof signature; i += 32) {
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        guchar digest[32];
        gsize length = sizeof digest;

        g_checksum_update(sum, (const guchar *)api_uid(secret), -1);
        g_checksum_update(sum, (const guchar *)&(guchar){(guchar)i}, 1);
        g_checksum_get_digest(sum, digest, &length);
        memcpy(signature + i, digest, sizeof digest);
    }
    append_base64_url(token, signature, sizeof signature);
    return g_string_free(token, FALSE);
}

/* --- one secret ----------------------------------------------------------------------------------------- */

static const char *
encoded(const char *text)
{
    g_autofree char *base64 = g_base64_encode((const guchar *)text, strlen(text));

    return str_intern(base64);
}

/* generateTokenIfNeeded */
static void
fill(const Reconcile *r, Plan *plan, const ApiObject *secret, const ApiObject *account)
{
    const char *ca = controllers_config_of(r->config)->root_ca;
    const char *ca_data = ca == NULL ? NULL : encoded(ca);
    const StrMap *have = &secret_body(secret)->data;
    gboolean needs_ca = ca != NULL && !str_is(str_map_get(have, str_intern("ca.crt")), ca_data);
    gboolean needs_namespace = str_is_empty(str_map_get(have, str_intern("namespace")));
    gboolean needs_token = str_is_empty(str_map_get(have, str_intern("token")));
    ApiObject *changed;
    StrMap *data;
    StrMap *annotations;

    if (!needs_ca && !needs_namespace && !needs_token)
        return;
    changed = api_object_copy(secret);
    data = &((SecretBody *)api_edit_body(changed))->data;
    annotations = &api_edit_meta(changed)->annotations;
    if (needs_ca)
        str_map_set(data, str_intern("ca.crt"), ca_data);
    if (needs_namespace)
        str_map_set(data, str_intern("namespace"), encoded(api_namespace(secret)));
    if (needs_token) {
        g_autofree char *token = make_token(account, secret);

        str_map_set(data, str_intern("token"), encoded(token));
    }
    str_map_set(annotations, str_intern(ANNOTATION_NAME), api_name(account));
    str_map_set(annotations, str_intern(ANNOTATION_UID), api_uid(account));
    plan_update(plan, changed, "because it is to hold a token of ServiceAccount %s",
                api_name(account));
}

static void
forget(Plan *plan, const ApiObject *secret)
{
    PlanStep *step = plan_delete(plan, secret, "because its ServiceAccount %s is gone",
                                 annotation(secret, ANNOTATION_NAME));

    step->precondition_uid = api_uid(secret);
    step->ignore_codes[0] = 404;
    step->ignore_codes[1] = 409;
}

static const ApiObject *
secret_in_view(const Reconcile *r, const char *key)
{
    const char *namespace_, *name;

    api_split_key(key, &namespace_, &name);
    return view_get(r->view, &secret_kind, namespace_, name);
}

/* The cache does not know the account: is it really not there? */
static void
after_read(const Reconcile *r,
           gpointer carry,
           const StepResult *results,
           guint n_results,
           Plan *plan)
{
    const ApiObject *secret = secret_in_view(r, r->key + strlen(KEY_SECRET));
    const StepResult *live = &results[n_results - 1];
    const char *uid;

    (void)carry;
    if (secret == NULL || !is_token_secret(secret) || (live->code != 200 && live->code != 404))
        return;
    uid = annotation(secret, ANNOTATION_UID);
    if (live->code == 404 || (!str_is_empty(uid) && !str_is(uid, api_uid(live->object))))
        forget(plan, secret);
    else
        fill(r, plan, secret, live->object);
}

static void
reconcile_secret(const Reconcile *r, Plan *plan, const char *key)
{
    const ApiObject *secret = secret_in_view(r, key);
    const ApiObject *account;
    PlanStep *step;

    if (secret == NULL || !is_token_secret(secret))
        return;
    account = view_get(r->view, &service_account_kind, api_namespace(secret),
                       annotation(secret, ANNOTATION_NAME));
    if (account != NULL && is_token_of(secret, api_name(account), api_uid(account))) {
        fill(r, plan, secret, account);
        return;
    }
    step = plan_read(plan, &service_account_kind, api_namespace(secret),
                     annotation(secret, ANNOTATION_NAME),
                     "because Secret %s is to hold its token", api_name(secret));
    step->ignore_codes[0] = 404;
    plan_continue(plan, after_read, NULL, NULL);
}

/* --- what is gone ------------------------------------------------------------------------------------------ */

/* deleteTokens: of the account that had this uid. */
static void
reconcile_account(const Reconcile *r, Plan *plan, const char *key)
{
    g_auto(GStrv) parts = g_strsplit(key, "/", 3);
    g_autoptr(GPtrArray) secrets = g_ptr_array_new();
    const ApiObject *account;

    if (g_strv_length(parts) != 3)
        return;
    account = view_get(r->view, &service_account_kind, str_intern(parts[0]), str_intern(parts[1]));
    if (account != NULL && str_is(api_uid(account), parts[2]))
        return;
    view_list(r->view, &secret_kind, str_intern(parts[0]), secrets);
    for (guint i = 0; i < secrets->len; i++)
        if (is_token_of(secrets->pdata[i], parts[1], parts[2]))
            forget(plan, secrets->pdata[i]);
}

/* removeSecretReference */
static void
reconcile_reference(const Reconcile *r, Plan *plan, const char *key)
{
    g_auto(GStrv) parts = g_strsplit(key, "/", 3);
    const ApiObject *account;
    ApiObject *changed;
    ServiceAccountBody *body;
    gboolean is_changed = FALSE;

    if (g_strv_length(parts) != 3 ||
        view_get(r->view, &secret_kind, str_intern(parts[0]), str_intern(parts[2])) != NULL)
        return;
    account = view_get(r->view, &service_account_kind, str_intern(parts[0]), str_intern(parts[1]));
    if (account == NULL)
        return;
    changed = api_object_copy(account);
    body = api_edit_body(changed);
    for (guint i = body->secrets.count; i-- > 0;)
        if (str_is(body->secrets.items[i].name, parts[2])) {
            api_list_remove((ApiList *)&body->secrets, sizeof *body->secrets.items, i);
            is_changed = TRUE;
        }
    if (is_changed)
        plan_update(plan, changed, "because its Secret %s is gone", parts[2]);
    else
        api_object_unref(changed);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    if (g_str_has_prefix(r->key, KEY_SECRET))
        reconcile_secret(r, plan, r->key + strlen(KEY_SECRET));
    else if (g_str_has_prefix(r->key, KEY_ACCOUNT))
        reconcile_account(r, plan, r->key + strlen(KEY_ACCOUNT));
    else if (g_str_has_prefix(r->key, KEY_REFERENCE))
        reconcile_reference(r, plan, r->key + strlen(KEY_REFERENCE));
}

/* --- what wakes it ----------------------------------------------------------------------------------------- */

static void
on_secret(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *secret = object != NULL ? object : old;

    if (!is_token_secret(secret))
        return;
    if (object != NULL)
        controller_enqueue(controller, str_internf(KEY_SECRET "%s", api_key(object)));
    else
        controller_enqueue(controller, str_internf(KEY_REFERENCE "%s/%s/%s", api_namespace(old),
                                                   annotation(old, ANNOTATION_NAME),
                                                   api_name(old)));
}

static void
on_account(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL)
        controller_enqueue(controller, str_internf(KEY_ACCOUNT "%s/%s", api_key(old), api_uid(old)));
}

static const char *
object_text(const char *key)
{
    if (g_str_has_prefix(key, KEY_SECRET))
        return str_internf("secret/%s", key + strlen(KEY_SECRET));
    return str_internf("serviceaccount/%s", strchr(key, ':') + 1);
}

static const ControllerSource sources[] = {
    {&secret_kind, on_secret},
    {&service_account_kind, on_account},
    {0},
};

const ControllerDef service_account_token_controller = {
    .name = "serviceaccount-token",
    .component = "serviceaccount-token-controller",
    .workers = 5,
    .retries_max = 10,
    .sources = sources,
    .reconcile = reconcile,
    .object_text = object_text,
};
