/*
 * help_groups.c - what commands say that only have subcommands
 *
 * Commands, aliases, usage and layout as kubectl v1.34 has them; what each is for, in our own words.
 */

#include "kubectl/help.h"

#define NAME_WIDTH_MIN 11
#define COMMANDS_MAX   16

typedef struct {
    const char *name, *what;
} GroupCommand;

static const struct {
    const char *path, *head, *aliases, *usage;
    GroupCommand commands[COMMANDS_MAX]; /* the last has no name */
} groups[] = {
    {"kubectl auth",
     "May somebody do something?",
     NULL,
     "[flags]",
     {{"can-i", "Ask whether a request would be allowed"},
      {"reconcile", "Bring roles and bindings to what a file says"},
      {"whoami", "Say which user the server sees"},
      {0}}},
    {"kubectl config",
     "Look at a kubeconfig file, or change it.",
     NULL,
     "SUBCOMMAND",
     {{"current-context", "Print the context in use"},
      {"delete-cluster", "Take a cluster out"},
      {"delete-context", "Take a context out"},
      {"delete-user", "Take a user out"},
      {"get-clusters", "List the clusters"},
      {"get-contexts", "List the contexts"},
      {"get-users", "List the users"},
      {"rename-context", "Call a context otherwise"},
      {"set", "Write one value"},
      {"set-cluster", "Write a cluster"},
      {"set-context", "Write a context"},
      {"set-credentials", "Write a user"},
      {"unset", "Remove one value"},
      {"use-context", "Choose the context in use"},
      {"view", "Print what the files say together"},
      {0}}},
    {"kubectl create secret",
     "Create a Secret of one of three types.",
     NULL,
     "(docker-registry | generic | tls)",
     {{"docker-registry", "What a registry of images asks for"},
      {"generic", "Any data, from files or words"},
      {"tls", "A certificate and its key"},
      {0}}},
    {"kubectl create service",
     "Create a Service of one of four types.",
     "service, svc",
     "[flags]",
     {{"clusterip", "An address within the cluster"},
      {"externalname", "Another name for a name in DNS"},
      {"loadbalancer", "An address of a load balancer"},
      {"nodeport", "A port on every node"},
      {0}}},
    {"kubectl rollout",
     "Follow and steer rollouts of Deployments, DaemonSets and StatefulSets.",
     NULL,
     "SUBCOMMAND",
     {{"history", "List the revisions"},
      {"pause", "Let changes wait"},
      {"restart", "Replace all pods"},
      {"resume", "Go on with what waits"},
      {"status", "Wait for the rollout and tell of it"},
      {"undo", "Go back to a revision before"},
      {0}}},
    {"kubectl set",
     "Change one part of an object.",
     NULL,
     "SUBCOMMAND",
     {{"env", "Environment of a template's containers"},
      {"image", "Images of a template's containers"},
      {"resources", "Requests and limits of a template's containers"},
      {"selector", "What a Service selects"},
      {"serviceaccount", "Account that a template's pods use"},
      {"subject", "Whom a binding of roles is for"},
      {0}}},
    {"kubectl top",
     "What nodes and pods use of CPU and memory; asks metrics-server.",
     NULL,
     "[flags]",
     {{"node", "Nodes"}, {"pod", "Pods"}, {0}}},
};

static void
append_commands(GString *out, const GroupCommand *commands)
{
    gsize width = NAME_WIDTH_MIN;

    for (guint i = 0; commands[i].name != NULL; i++)
        width = MAX(width, strlen(commands[i].name));
    for (guint i = 0; commands[i].name != NULL; i++)
        g_string_append_printf(out, "  %-*s   %s\n", (int)width, commands[i].name, commands[i].what);
}

char *
help_of_group(const char *path)
{
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        GString *out;

        if (!str_is(groups[i].path, path))
            continue;
        out = g_string_new(groups[i].head);
        g_string_append_c(out, '\n');
        if (groups[i].aliases != NULL)
            g_string_append_printf(out, "\nAliases:\n%s\n", groups[i].aliases);
        g_string_append(out, "\nAvailable Commands:\n");
        append_commands(out, groups[i].commands);
        g_string_append_printf(out, "\nUsage:\n  %s %s [options]\n\n", path, groups[i].usage);
        g_string_append_printf(out, "Use \"%s <command> --help\" for more information about a given command.\n", path);
        g_string_append(out, "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
        return g_string_free(out, FALSE);
    }
    return NULL;
}
