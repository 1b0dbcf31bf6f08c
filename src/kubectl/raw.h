/*
 * raw.h - paths of the API: what `get --raw /api/v1/namespaces/default/pods?labelSelector=a%3Db` asks for
 */
#pragma once

#include "kubectl/internal.h"

/* raw_request: GET or LIST of the resource that @path names. NULL: the server has no such path. (owned) */
ApiRequest *raw_request(const char *path);
/* raw_order: a tree as the server writes it, the kind first. (owned) */
Value *raw_order(const Value *body);
/* raw_object: the answer to a GET as the server sends it. (owned) */
Value *raw_object(const ApiObject *object);
/* raw_list: the answer to a LIST as the server sends it: a PodList, whose items have no kind of their own. (owned) */
Value *raw_list(const ApiKind *kind, const ApiResponse *response);
