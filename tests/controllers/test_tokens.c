/* Tokens of ServiceAccounts (v1.34 pkg/controller/serviceaccount/tokens_controller_test.go). */
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define SYNC(mini, key) mini_sync(mini, &service_account_token_controller, key)

static const ApiObject *
add_account(Mini *mini, const char *secret)
{
    ApiObject *account = api_object_new(&service_account_kind, "default", "robot");
    ServiceAccountBody *body = api_edit_body(account);

    if (secret != NULL)
        API_LIST_ADD(&body->secrets)->name = str_intern(secret);
    return mini_add(mini, account);
}

static void
add_secret(Mini *mini, const char *name, const char *type, const char *account, const char *uid)
{
    ApiObject *secret = api_object_new(&secret_kind, "default", name);
    StrMap *annotations = &api_edit_meta(secret)->annotations;

    ((SecretBody *)api_edit_body(secret))->type = str_intern(type);
    if (account != NULL)
        str_map_set(annotations, str_intern("kubernetes.io/service-account.name"),
                    str_intern(account));
    if (uid != NULL)
        str_map_set(annotations, str_intern("kubernetes.io/service-account.uid"), str_intern(uid));
    mini_add(mini, secret);
}

#define TOKEN "kubernetes.io/service-account-token"

/* "added secret ..." of TestTokenCreation */
static const struct {
    const char *name, *type, *account, *uid;
    gboolean has_account;
    const char *log;
} secret_cases[] = {
    {"added secret with serviceaccount", TOKEN, "robot", NULL, TRUE, "update Secret s"},
    {"added secret without serviceaccount", TOKEN, "robot", NULL, FALSE,
     "get ServiceAccount robot -> 404\ndelete Secret s"},
    {"added secret with mismatched serviceaccount", TOKEN, "robot", "other", TRUE,
     "get ServiceAccount robot\ndelete Secret s"},
    {"secret of another type", "Opaque", "robot", NULL, TRUE, ""},
    {"secret that names no account", TOKEN, NULL, NULL, TRUE, ""},
};

START_TEST(secrets)
{
    Mini *mini = mini_new();
    const ApiObject *secret;
    const StrMap *data;

    if (secret_cases[_i].has_account)
        add_account(mini, NULL);
    add_secret(mini, "s", secret_cases[_i].type, secret_cases[_i].account, secret_cases[_i].uid);
    SYNC(mini, "secret:default/s");
    mini_check_log(mini, secret_cases[_i].name, secret_cases[_i].log);
    if (_i == 0) {
        secret = mini_get(mini, &secret_kind, "default", "s");
        data = &((const SecretBody *)secret->body)->data;
        ck_assert_str_eq(str_map_get(data, str_intern("namespace")), "ZGVmYXVsdA==");
        ck_assert_ptr_nonnull(str_map_get(data, str_intern("ca.crt")));
        ck_assert(g_str_has_prefix(str_map_get(data, str_intern("token")), "ZXlK")); /* eyJ */
        ck_assert_str_eq(str_map_get(&secret->meta->annotations,
                                     str_intern("kubernetes.io/service-account.uid")),
                         api_uid(mini_get(mini, &service_account_kind, "default", "robot")));
        SYNC(mini, "secret:default/s");
        mini_check_log(mini, "filled", "");
    }
    mini_free(mini);
}
END_TEST

/*
 * "added token secret without token data" and its siblings, the same for updates: what is missing is filled in,
 * a certificate that is another is replaced, a namespace that is another is not.
 */
static const struct {
    const char *name;
    gboolean has_token;
    const char *ca, *namespace_; /* as stored; NULL: none */
    const char *wanted;          /* the namespace afterwards, decoded */
    gboolean is_written;
} data_cases[] = {
    {"token secret with everything", TRUE, "ca", "ZGVmYXVsdA==", "ZGVmYXVsdA==", FALSE},
    {"token secret without token data", FALSE, "ca", "ZGVmYXVsdA==", "ZGVmYXVsdA==", TRUE},
    {"token secret without ca data", TRUE, NULL, "ZGVmYXVsdA==", "ZGVmYXVsdA==", TRUE},
    {"token secret with mismatched ca data", TRUE, "b3RoZXI=", "ZGVmYXVsdA==", "ZGVmYXVsdA==", TRUE},
    {"token secret without namespace data", TRUE, "ca", NULL, "ZGVmYXVsdA==", TRUE},
    {"token secret with custom namespace data", TRUE, "ca", "Y3VzdG9t", "Y3VzdG9t", FALSE},
    {"token secret with nothing but a custom namespace", FALSE, NULL, "Y3VzdG9t", "Y3VzdG9t", TRUE},
};

START_TEST(data)
{
    Mini *mini = mini_new();
    const char *ca, *token;
    ApiObject *secret;
    StrMap *stored;
    const StrMap *after;

    add_account(mini, NULL);
    add_secret(mini, "s", TOKEN, "robot", NULL);
    SYNC(mini, "secret:default/s");
    secret = mini_edit(mini, &secret_kind, "s");
    stored = &((SecretBody *)api_edit_body(secret))->data;
    ca = str_map_get(stored, "ca.crt");
    token = str_map_get(stored, "token");
    if (!data_cases[_i].has_token)
        str_map_remove(stored, "token");
    if (data_cases[_i].ca == NULL)
        str_map_remove(stored, "ca.crt");
    else if (!str_is(data_cases[_i].ca, "ca"))
        str_map_set(stored, str_intern("ca.crt"), str_intern(data_cases[_i].ca));
    if (data_cases[_i].namespace_ == NULL)
        str_map_remove(stored, "namespace");
    else
        str_map_set(stored, str_intern("namespace"), str_intern(data_cases[_i].namespace_));
    mini_put(mini, secret);
    SYNC(mini, "secret:default/s");
    mini_check_log(mini, data_cases[_i].name, data_cases[_i].is_written ? "update Secret s" : "");
    after = &((const SecretBody *)mini_get(mini, &secret_kind, "default", "s")->body)->data;
    ck_assert_str_eq(str_map_get(after, "ca.crt"), ca);
    ck_assert_str_eq(str_map_get(after, "token"), token);
    ck_assert_str_eq(str_map_get(after, "namespace"), data_cases[_i].wanted);
    mini_free(mini);
}
END_TEST

/* "deleted serviceaccount with token secret reference": its tokens go, those of others stay. */
START_TEST(account_goes)
{
    Mini *mini = mini_new();

    add_secret(mini, "mine", TOKEN, "robot", "u-gone");
    add_secret(mini, "unfilled", TOKEN, "robot", NULL);
    add_secret(mini, "newer", TOKEN, "robot", "u-new");
    add_secret(mini, "others", TOKEN, "other", NULL);
    SYNC(mini, "account:default/robot/u-gone");
    mini_check_log(mini, "gone", "delete Secret mine\ndelete Secret unfilled");
    mini_free(mini);
}
END_TEST

START_TEST(account_is_back)
{
    Mini *mini = mini_new();
    g_autofree char *key = NULL;

    key = g_strdup_printf("account:default/robot/%s", api_uid(add_account(mini, NULL)));
    add_secret(mini, "mine", TOKEN, "robot", NULL);
    SYNC(mini, key);
    mini_check_log(mini, "there after all", "");
    mini_free(mini);
}
END_TEST

/* "deleted secret with serviceaccount with reference" */
START_TEST(reference_goes)
{
    Mini *mini = mini_new();

    add_account(mini, "s");
    SYNC(mini, "reference:default/robot/s");
    mini_check_log(mini, "gone", "update ServiceAccount robot");
    SYNC(mini, "reference:default/robot/s");
    mini_check_log(mini, "no more", "");
    mini_free(mini);
}
END_TEST

Suite *
tokens_suite(void)
{
    Suite *suite = suite_create("tokens");
    TCase *tcase = tcase_create("tokens");

    tcase_add_loop_test(tcase, secrets, 0, G_N_ELEMENTS(secret_cases));
    tcase_add_loop_test(tcase, data, 0, G_N_ELEMENTS(data_cases));
    tcase_add_test(tcase, account_goes);
    tcase_add_test(tcase, account_is_back);
    tcase_add_test(tcase, reference_goes);
    suite_add_tcase(suite, tcase);
    return suite;
}
