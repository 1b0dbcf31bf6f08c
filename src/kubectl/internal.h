/*
 * internal.h - what the files of kubectl/ share: a command under way
 *
 * A Command is one kubectl process: words in, stdout, stderr and an exit status
 * out. A verb's run() starts it; answers come back through callbacks; it ends
 * with command_finish, exactly once. Several objects are worked on one after the
 * other, as kubectl does.
 */
#pragma once

#include "api/kinds.h"
#include "kubectl/kubectl.h"

typedef struct Command Command;
typedef struct Verb Verb;

typedef enum { FLAG_BOOL, FLAG_STRING, FLAG_INT, FLAG_DURATION, FLAG_STRINGS } FlagType;
typedef struct {
    const char *name; /* "namespace" */
    char letter;      /* 'n'; 0: none */
    FlagType type;
    const char *def; /* value when absent; NULL: none */
    /* value of the flag without "=VALUE", for string flags that allow it; NULL: the next word */
    const char *bare;
} FlagDef;

struct Verb {
    const char *name;
    const char *const *subverbs; /* "rollout status": NULL-terminated, or NULL */
    const FlagDef *flags;        /* ended by name NULL; the common ones come on top */
    /* The subverb that a word means; *inner becomes NULL if there is no third level. NULL: the word itself. */
    const char *(*subverb_of)(const char *word, const char **inner);
    void (*run)(Command *command);
    const char *doc;
};
extern const Verb *const kubectl_verb_list[]; /* NULL-terminated */

/* An object meant on the command line: by name, or (name NULL) all of a kind. */
typedef struct {
    const ApiKind *kind;
    const char *namespace_, *name; /* interned */
    Value *manifest;               /* (owned) from -f; NULL otherwise */
    const char *file;              /* as given; "STDIN" */
    const char *mapping_error;     /* interned: no such kind in -f: printed instead of the work */
} Target;

/* An error is told differently when it is not the only one: without "error: ". */
typedef struct {
    gsize at, length;
    char *among_others; /* (owned) */
} CommandError;

struct Command {
    Kubectl *kubectl;
    const Verb *verb;
    GPtrArray *args;         /* of const char*: words that are no flags, after the verb */
    GHashTable *flags;       /* name -> GPtrArray of values */
    GPtrArray *written;      /* of const char* (interned): each flag's name, then the word as it was written */
    GPtrArray *after_dashes; /* words after "--"; NULL: there was none */
    char *input;
    const char *editor; /* interned: KUBE_EDITOR=..., EDITOR=... before the verb; NULL: none */
    GString *out, *err;
    GArray *errors;  /* of CommandError: where in err they are, and what several are told as */
    GArray *targets; /* of Target */
    GPtrArray *warned; /* of interned: what the server warned of so far; NULL: nothing */
    gboolean has_pairs; /* targets come from TYPE/NAME words, or from several types and names */
    guint next;      /* target under way */
    gboolean has_failed;
    int exit_failed; /* of command_fail and its like: 1, of diff 2 (CheckDiffErr) */
    gpointer state; /* the verb's */
    GDestroyNotify state_free;
    KubectlDone done;
    gpointer user;
    void (*step)(Command *command, Target *target); /* command_each */
    void (*end)(Command *command);
    ClientWatch *watch;
    SimTimer timer; /* the verb's: time-outs, polls */
    gboolean is_finished;
};

/* kubectl_options, kubectl_client: of the process. */
const KubectlOptions *kubectl_options(const Kubectl *kubectl);
Client *kubectl_client(Kubectl *kubectl);
/* kubectl_namespace: of the context (kubectl config set-context); NULL: default. (interned) */
const char *kubectl_namespace(const Kubectl *kubectl);
/* kubectl_minor: 34 of 1.34. */
guint kubectl_minor(const Kubectl *kubectl);
/* kubectl_finds: the server's discovery tells of @kind. */
gboolean kubectl_finds(const Kubectl *kubectl, const ApiKind *kind);
void kubectl_set_namespace(Kubectl *kubectl, const char *namespace_);

/* --- flags ------------------------------------------------------------------------------- */

/* command_find_verb: NULL if there is none. */
const Verb *command_find_verb(const char *name);
/* command_stands_alone: a flag before the verb whose value is not the next word. */
gboolean command_stands_alone(const char *flag);
/* command_skip_environment: how many words NAME=VALUE come before the verb; the editor that one of them names. */
guint command_skip_environment(const char *const *argv, const char **out_editor);
/* command_path: "kubectl create service clusterip", as far as the words say. (interned) */
const char *command_path(const Command *command);
/* flags_parse: FALSE: the message is in stderr already. */
gboolean flags_parse(Command *command, const char *const *words);
const char *flag_string(const Command *command,
                        const char *name); /* NULL if absent and no default */
gboolean flag_bool(const Command *command, const char *name);
gboolean flag_is_given(const Command *command, const char *name);
gint64 flag_int(const Command *command, const char *name, gint64 fallback);
gint64 flag_duration_ns(const Command *command, const char *name, gint64 fallback);
const GPtrArray *flag_strings(const Command *command, const char *name); /* NULL if absent */
extern const FlagDef common_flags[];
/* flag_parse_bool: strconv.ParseBool: "1", "t", "true", ... FALSE: it is none. */
gboolean flag_parse_bool(const char *text, gboolean *out_value);
/* flag_validation: what --validate means; flag_validation_is_known: FALSE: message out, ended. */
FieldValidation flag_validation(const Command *command);
gboolean flag_validation_is_known(Command *command);
/* flag_is_global: of the common flags, one that every verb has. */
gboolean flag_is_global(const char *flag);

/* --- talking ----------------------------------------------------------------------------- */

void command_print(Command *command, const char *format, ...)
    G_GNUC_PRINTF(2, 3); /* stdout, adds no newline */
void command_warn(Command *command, const char *format, ...)
    G_GNUC_PRINTF(2, 3); /* stderr, adds a newline */
/* command_fail: "error: ..." on stderr, then the end with exit 1. */
void command_fail(Command *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* command_usage: "error: WHY\nSee 'kubectl CMD -h' for help and examples". */
void command_usage(Command *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* command_error: one error that does not end the command; it will exit 1. */
void command_error(Command *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* command_error_told: the same of an error that says "error: " itself, also among others. */
void command_error_told(Command *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* command_no_resource: NoResourceMatchError, which is told without "error: "; ended. */
void command_no_resource(Command *command, const char *word);
/* has_unexpected_words: of a verb that takes files alone; message out, ended. */
gboolean has_unexpected_words(Command *command);
/*
 * command_unknown_subcommand: DefaultSubCommandRun for a command that only has subcommands, of which
 * the words from @first on name none; @path "kubectl set". Ends it.
 */
void command_unknown_subcommand(Command *command, const char *path, guint first);
/*
 * command_server_error: "Error from server (NotFound): ..." or the lines of an Invalid;
 * @prefix e.g. "error when creating \"F\": " or NULL.
 */
void command_server_error(Command *command, const ApiStatus *status, const char *prefix);
char *server_error_text(const ApiStatus *status, const char *prefix); /* (owned) without newline */
void command_finish(Command *command, int exit);

/* --- asking ------------------------------------------------------------------------------ */

typedef void (*CommandAnswer)(Command *command, const ApiResponse *response);
/* command_identity: --as and --as-group; FALSE: the administrator himself. */
gboolean command_identity(const Command *command, ApiIdentity *out);
/* command_send: user kubernetes-admin; not called back if the command was ended meanwhile. */
void command_send(Command *command, ApiRequest *request, CommandAnswer answer);
/* command_ask: the same for one of several things that a command does at a time. */
typedef void (*CommandAnswerAbout)(Command *command, gpointer about, const ApiResponse *response);
void
command_ask(Command *command, ApiRequest *request, CommandAnswerAbout answer, gpointer about);
ApiRequest *command_request(Command *command, ApiVerb verb, const Target *target);
/* command_unversion: resource.Helper.Create: what is to be created has no version, whatever its file says. */
void command_unversion(Value *body);
const char *command_namespace(const Command *command); /* -n, else default */
gint64 command_wall_ns(const Command *command);

/* --- targets ----------------------------------------------------------------------------- */

/*
 * targets_from_args: TYPE NAME..., TYPE/NAME..., TYPE[,TYPE] from words @first on.
 * FALSE: the message is out and the command has ended.
 */
gboolean targets_from_args(Command *command, guint first);
/* files_are_given: -f or -k. */
gboolean files_are_given(const Command *command);
/* targets_from_files: every -f, or the directory of -k; the same. */
gboolean targets_from_files(Command *command);
gboolean targets_from_files_or_args(Command *command, guint first);
/* command_each: step() for each target, one after the other: it ends with command_next. */
void command_each(Command *command,
                  void (*step)(Command *command, Target *target),
                  void (*end)(Command *command));
void command_next(Command *command);
void command_end_default(Command *command); /* exit 1 if anything failed */
/* target_label: "deployment.apps/web". (interned) */
const char *target_label(const ApiKind *kind, const char *name);

/* --- printing ---------------------------------------------------------------------------- */

/*
 * print_objects: as -o says (a table by default), all of one or several kinds. FALSE: message
 * out, ended.
 */
typedef struct {
    GPtrArray *objects; /* borrowed ApiObject* */
    gboolean single;    /* asked for by name: no List around it */
    gboolean show_kind, all_namespaces;
    const ApiKind *kind; /* as which they are shown; NULL: as what they are */
} PrintList;
gboolean print_list(Command *command, const PrintList *lists, guint n_lists, gboolean as_list);
gboolean print_output_is_known(Command *command); /* -o: FALSE: message out, ended */
/* print_changed: "pod/x created" or, with -o, the object. */
void print_changed(Command *command, const ApiObject *object, const char *verb);
/* print_changed_tree: the same of a manifest as it was read, which is shown without what the server would add. */
void print_changed_tree(Command *command, const Target *target, const Value *tree, const char *verb);
const char *dry_run_suffix(const Command *command); /* "", " (dry run)", " (server dry run)" */

/* printers.c: the columns of each kind. */
typedef struct {
    const char *title;
    gboolean is_wide;
} PrintColumn;
typedef struct {
    const ApiKind *kind;
    const PrintColumn *columns; /* ended by title NULL */
    /* cells: as many as columns, (owned) strings. */
    void (*cells)(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out);
} Printer;
const Printer *printer_find(const ApiKind *kind); /* never NULL: NAME AGE for unknown ones, and for NULL */
/* printer_age: AGE of a time; "<unknown>" for 0. (owned) */
char *printer_age(ApiTime time, gint64 wall_ns);
