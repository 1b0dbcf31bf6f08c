/* follow.c - see follow.h */

#include "kubectl/follow.h"

static Follow *
follow_of(Command *command)
{
    return command->state;
}

static void
end(Command *command, FollowEnd how)
{
    if (command->watch != NULL)
        client_watch_stop(g_steal_pointer(&command->watch));
    sim_timer_disarm(&command->timer);
    follow_of(command)->over(command, how);
}

static void
on_timeout(Sim *sim, gpointer self)
{
    (void)sim;
    end(self, FOLLOW_TIMEOUT);
}

static void
on_event(gpointer user, WatchType type, const ApiObject *object)
{
    Command *command = user;

    if (type != WATCH_ADDED && type != WATCH_MODIFIED && type != WATCH_DELETED)
        return;
    if (follow_of(command)->seen(command, type, object))
        end(command, FOLLOW_DONE);
}

static void
on_closed(gpointer user, const ApiStatus *status)
{
    (void)status;
    end(user, FOLLOW_CLOSED);
}

static const ClientWatchHooks hooks = {on_event, on_closed};

static void
on_listed(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    g_autoptr(ApiRequest) request = NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        end(command, FOLLOW_REFUSED);
        return;
    }
    if (response->items->len == 0) {
        end(command, FOLLOW_ABSENT);
        return;
    }
    if (follow_of(command)->seen(command, WATCH_ADDED, g_ptr_array_index(response->items, 0))) {
        end(command, FOLLOW_DONE);
        return;
    }
    request = api_request_new(VERB_WATCH, target->kind, target->namespace_, NULL);
    request->field_selector = str_internf("metadata.name=%s", target->name);
    request->resource_version = response->revision;
    if (follow_of(command)->deadline_ns > 0) {
        command->timer.handler = on_timeout;
        sim_timer_arm_at(&command->timer,
                         MAX(follow_of(command)->deadline_ns,
                             sim_now_ns(client_sim(kubectl_client(command->kubectl)))));
    }
    command->watch = client_watch(kubectl_client(command->kubectl), request, &hooks, command);
}

void
follow_begin(Command *command)
{
    const Target *target = current_target(command);
    ApiRequest *request = api_request_new(VERB_LIST, target->kind, target->namespace_, NULL);

    request->field_selector = str_internf("metadata.name=%s", target->name);
    command_send(command, request, on_listed);
}
