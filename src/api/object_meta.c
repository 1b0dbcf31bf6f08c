/* object_meta.c - the table of metadata (meta/v1 ObjectMeta, v1.34) */

#include "api/object.h"

#define AT(type, member) offsetof(type, member)

static const ApiField owner_reference_fields[] = {
    {"apiVersion", API_STRING, AT(OwnerReference, api_version), API_REQUIRED | API_ALWAYS,
     .doc = "API version of the owner."},
    {"kind", API_STRING, AT(OwnerReference, kind), API_REQUIRED | API_ALWAYS,
     .doc = "Kind of the owner."},
    {"name", API_STRING, AT(OwnerReference, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the owner."},
    {"uid", API_STRING, AT(OwnerReference, uid), API_REQUIRED | API_ALWAYS, .go_type = "types.UID",
     .doc = "UID of the owner."},
    {"controller", API_OPT_BOOL, AT(OwnerReference, controller),
     .doc = "True if this owner is the one that manages the object."},
    {"blockOwnerDeletion", API_OPT_BOOL, AT(OwnerReference, block_owner_deletion),
     .doc = "True if the owner cannot go, in a foreground deletion, before this object is gone."},
    {0},
};

const ApiType owner_reference_type = {
    .name = "OwnerReference",
    .package = "v1",
    .size = sizeof(OwnerReference),
    .fields = owner_reference_fields,
    .doc = "Names an object that this one belongs to.",
};

static const ApiField object_meta_fields[] = {
    {"name", API_STRING, AT(ObjectMeta, name), .flags = API_IMMUTABLE,
     .doc = "Name of the object, unique among its kind in its namespace."},
    {"generateName", API_STRING, AT(ObjectMeta, generate_name),
     .doc = "Prefix to which the server adds five characters if no name is given."},
    {"namespace", API_STRING, AT(ObjectMeta, namespace_), .flags = API_IMMUTABLE,
     .doc = "Namespace that the object lives in."},
    {"uid", API_STRING, AT(ObjectMeta, uid), .flags = API_SERVER | API_IMMUTABLE,
     .go_type = "types.UID", .doc = "Identity of the object in space and time."},
    {"generation", API_INT64, AT(ObjectMeta, generation), .flags = API_SERVER,
     .doc = "Counts the changes of what is wanted of the object."},
    {"creationTimestamp", API_TIME, AT(ObjectMeta, creation_time),
     .flags = API_SERVER | API_IMMUTABLE, .doc = "When the server stored the object first."},
    {"deletionTimestamp", API_TIME, AT(ObjectMeta, deletion_time), .flags = API_SERVER,
     .doc = "When the object is to be gone; set once its deletion was asked for."},
    {"deletionGracePeriodSeconds", API_OPT_INT64, AT(ObjectMeta, deletion_grace_s),
     .flags = API_SERVER, .doc = "Seconds that the object has to end before it is removed."},
    {"labels", API_STR_MAP, AT(ObjectMeta, labels),
     .doc = "Short texts by which selectors find the object."},
    {"annotations", API_STR_MAP, AT(ObjectMeta, annotations),
     .doc = "Texts for tools and people; nothing selects by them."},
    {"ownerReferences", API_MESSAGE_LIST, AT(ObjectMeta, owner_references),
     .message = &owner_reference_type, .merge = API_MERGE_MERGE, .merge_key = "uid",
     .doc = "Objects that this one belongs to; it goes when all of them are gone."},
    {"finalizers", API_STR_LIST, AT(ObjectMeta, finalizers), .merge = API_MERGE_MERGE,
     .doc = "Names that must be taken off before the object is removed."},
    {"managedFields", API_RAW, AT(ObjectMeta, managed_fields), .flags = API_SERVER,
     .go_type = "[]v1.ManagedFieldsEntry", .doc = "Who set which field last."},
    {0},
};

const ApiType object_meta_type = {
    .name = "ObjectMeta",
    .package = "v1",
    .size = sizeof(ObjectMeta),
    .fields = object_meta_fields,
    .doc = "What every object carries: its names, labels, owners and dates.",
};
