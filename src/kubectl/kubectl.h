/*
 * kubectl.h - kubectl 1.34: verbs as a client of the API, output as it prints it
 *
 * One Kubectl per cluster: a process on the user's machine. A command is words as
 * a shell would hand them over, without "kubectl". It runs in virtual time
 * (start-up of some 80..150 ms, one or more requests) and ends in stdout, stderr
 * and an exit status. Each verb is one file and one line in the list.
 */
#pragma once

#include "client/client.h"

typedef struct Kubectl Kubectl;

/* kubectl_read_file: text of a -f argument. NULL if there is no such file. (owned) */
typedef char *(*KubectlReadFile)(gpointer self, const char *path, gsize *out_length);
/* kubectl_list_files: names in a directory, sorted, those of directories with "/" behind. NULL: it is none. (owned) */
typedef char **(*KubectlListFiles)(gpointer self, const char *path);
/*
 * What only the pod's node knows, as its kubelet tells the API server. *out_dial: why the
 * kubelet was not reached ("connect: connection refused"), else NULL. Either may be NULL.
 *
 * KubectlPodLog: each line after its time (RFC 3339, nine digits) and a blank. NULL: the
 * runtime has no such container any more. (owned)
 */
typedef char *(*KubectlPodLog)(gpointer self,
                               const ApiObject *pod,
                               const char *container_id,
                               const char **out_dial);
/*
 * KubectlPodExec: FALSE: no such container runs. @done once, unless @owner is gone; KUBECTL_EXEC_REFUSED:
 * nothing was run, output is the runtime's error.
 */
#define KUBECTL_EXEC_REFUSED (-2)
typedef void (*KubectlExecDone)(gpointer user, gint32 exit, const char *output, const char *errors);
typedef gboolean (*KubectlPodExec)(gpointer self,
                                   const ApiObject *pod,
                                   const char *container,
                                   const char *const *argv,
                                   const char **out_dial,
                                   SimHandle owner,
                                   KubectlExecDone done,
                                   gpointer user);

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine; /* the user's */
    ApiServer *server;
    KubectlReadFile read_file;
    KubectlListFiles list_files; /* NULL: there are no directories */
    KubectlPodLog pod_log;
    KubectlPodExec pod_exec;
    gpointer self;
    guint version_minor; /* 30 to 36; 0: 34 */
    gboolean instant; /* no start-up time: `desk8s kubectl FILE --at T` */
} KubectlOptions;

Kubectl *kubectl_new(const KubectlOptions *options);
void kubectl_free(Kubectl *kubectl);

typedef struct {
    int exit;
    GString *out, *err;
} KubectlResult;
typedef void (*KubectlDone)(gpointer user, const KubectlResult *result);

/*
 * kubectl_run: @argv NULL-terminated, copied. @input: standard input for -f -, may be NULL.
 * Several may run at once.
 */
void kubectl_run(Kubectl *kubectl,
                 const char *const *argv,
                 const char *input,
                 KubectlDone done,
                 gpointer user);

/*
 * kubectl_interrupt: as Ctrl-C: what runs ends now with exit 130 (a watch: 0) and what it
 * has printed.
 */
void kubectl_interrupt(Kubectl *kubectl);

/*
 * kubectl_split: words of a command line (quotes as in sh). NULL and *out_message (owned) for
 * an open quote. (owned, g_strfreev)
 */
char **kubectl_split(const char *line, char **out_message);
/*
 * kubectl_check: NULL if the verb, what it is about and its flags are known; else what is wrong.
 * Nothing is run. (owned)
 */
char *kubectl_check(const char *const *argv);
/* kubectl_shows_managers: of a command line, whether what it prints may depend on metadata.managedFields. */
gboolean kubectl_shows_managers(const char *line);
const char *const *kubectl_verbs(void); /* NULL-terminated, sorted */
