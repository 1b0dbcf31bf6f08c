/* slices.c - see slices.h */

#include "tests/controllers/slices.h"

ApiObject *
make_service(void)
{
    ApiObject *service = api_object_new(&service_kind, str_intern("default"), str_intern("web"));
    ServiceSpec *spec = api_edit_spec(service);
    ServicePort *port = API_LIST_ADD(&spec->ports);

    str_map_set(&spec->selector, str_intern("app"), str_intern("web"));
    str_list_add(&spec->ip_families, str_intern("IPv4"));
    spec->cluster_ip = str_intern("10.96.0.10");
    port->port = 80;
    port->protocol = str_intern("TCP");
    port->target_port = (IntOrString){INT_OR_STRING_INT, 8080, NULL};
    return service;
}

ApiObject *
make_backend(guint index, gboolean is_ready)
{
    ApiObject *pod = make_pod(NULL, str_internf("p%03u", index), "n1", "Running", is_ready);
    PodStatus *status = api_edit_status(pod);

    str_map_set(&api_edit_meta(pod)->labels, str_intern("app"), str_intern("web"));
    status->pod_ip = str_internf("10.244.%u.%u", index / 200, 2 + index % 200);
    API_LIST_ADD(&status->pod_ips)->ip = status->pod_ip;
    return pod;
}

Mini *
service_with(guint pods)
{
    Mini *mini = mini_new();

    mini->state = slice_state_new();
    mini_add(mini, make_node("n1", "zone-a"));
    mini_add(mini, make_service());
    for (guint i = 0; i < pods; i++)
        mini_add(mini, make_backend(i, TRUE));
    return mini;
}

void
drop(Mini *mini)
{
    slice_state_free(mini->state);
    mini_free(mini);
}

const EndpointSliceBody *
body_of(Mini *mini, guint index)
{
    return endpoint_slice_body(mini_nth(mini, &endpoint_slice_kind, index));
}
