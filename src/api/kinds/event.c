/* Event: tables and kind. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

static const ApiField event_source_fields[] = {
    {"component", API_STRING, AT(EventSource, component), .doc = "The component."},
    {"host", API_STRING, AT(EventSource, host), .doc = "The node that the component runs on."},
    {0},
};
static const ApiType event_source_type =
    TYPE("EventSource", EventSource, event_source_fields, "Who wrote the event.");

static const ApiField event_series_fields[] = {
    {"count", API_INT32, AT(EventSeries, count), .doc = "How often it happened."},
    {"lastObservedTime", API_MICRO_TIME, AT(EventSeries, last_observed_time), API_ALWAYS,
     .doc = "When it happened last."},
    {0},
};
static const ApiType event_series_type =
    TYPE("EventSeries", EventSeries, event_series_fields, "Something that goes on happening.");

static const ApiField event_fields[] = {
    {"involvedObject", API_STRUCT, AT(EventBody, involved_object), API_REQUIRED | API_ALWAYS,
     .message = &object_reference_type, .doc = "The object that the event is about."},
    {"reason", API_STRING, AT(EventBody, reason), .doc = "What happened, as one word."},
    {"message", API_STRING, AT(EventBody, message), .doc = "What happened, for people to read."},
    {"source", API_STRUCT, AT(EventBody, source), API_ALWAYS, .message = &event_source_type,
     .doc = "Who wrote the event."},
    {"firstTimestamp", API_TIME, AT(EventBody, first_time), API_ALWAYS,
     .doc = "When it happened first."},
    {"lastTimestamp", API_TIME, AT(EventBody, last_time), API_ALWAYS,
     .doc = "When it happened last."},
    {"count", API_INT32, AT(EventBody, count), .doc = "How often it happened."},
    {"type", API_STRING, AT(EventBody, type), .doc = "Normal or Warning."},
    {"eventTime", API_MICRO_TIME, AT(EventBody, event_time), API_ALWAYS,
     .doc = "When it happened first, to the microsecond."},
    {"series", API_MESSAGE, AT(EventBody, series), .message = &event_series_type,
     .doc = "How often it happened since, if it goes on."},
    {"action", API_STRING, AT(EventBody, action), .doc = "What was done about it."},
    {"related", API_MESSAGE, AT(EventBody, related), .message = &object_reference_type,
     .doc = "A second object that has to do with it."},
    {"reportingComponent", API_STRING, AT(EventBody, reporting_component), API_ALWAYS,
     .doc = "Name of the controller that wrote the event."},
    {"reportingInstance", API_STRING, AT(EventBody, reporting_instance), API_ALWAYS,
     .doc = "Which of several such controllers it was."},
    {0},
};
static const ApiType event_type = TYPE("Event", EventBody, event_fields, "Something happened.");

/* v1.34 pkg/registry/core/event/strategy.go: ToSelectableFields */
static const char *
involved_field(const ObjectReference *object, const char *name)
{
    if (strcmp(name, "kind") == 0)
        return str_or_empty(object->kind);
    if (strcmp(name, "namespace") == 0)
        return str_or_empty(object->namespace_);
    if (strcmp(name, "name") == 0)
        return str_or_empty(object->name);
    if (strcmp(name, "uid") == 0)
        return str_or_empty(object->uid);
    if (strcmp(name, "apiVersion") == 0)
        return str_or_empty(object->api_version);
    if (strcmp(name, "resourceVersion") == 0)
        return str_or_empty(object->resource_version);
    if (strcmp(name, "fieldPath") == 0)
        return str_or_empty(object->field_path);
    return NULL;
}

static const char *
event_select_field(const ApiObject *event, const char *label)
{
    const EventBody *body = event_body(event);

    if (g_str_has_prefix(label, "involvedObject."))
        return involved_field(&body->involved_object, label + strlen("involvedObject."));
    if (strcmp(label, "reason") == 0)
        return str_or_empty(body->reason);
    if (strcmp(label, "reportingComponent") == 0)
        return str_or_empty(body->reporting_component);
    if (strcmp(label, "source") == 0)
        return str_or_empty(str_is_empty(body->source.component) ? body->reporting_component
                                                                  : body->source.component);
    if (strcmp(label, "type") == 0)
        return str_or_empty(body->type);
    return NULL;
}

static const char *const event_short_names[] = {"ev", NULL};

const ApiKind event_kind = {
    .kind = "Event",
    .group = "",
    .version = "v1",
    .plural = "events",
    .singular = "event",
    .is_created_by_update = TRUE,
    .short_names = event_short_names,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &event_type,
    .doc = "Something that happened to an object; kept for an hour.",
    .validate = event_validate,
    .checks_meta_last = TRUE,
    .update_steps = "V",
    .name_rule = NAME_PATH_SEGMENT,
    .select_field = event_select_field,
};
