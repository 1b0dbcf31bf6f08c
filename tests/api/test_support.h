/*
 * tests/api/test_support.h - what the tests of kinds share
 */
#pragma once

#include "api/kinds.h"
#include "api/validate.h"

#include <check.h>

Suite *kinds_suite(void);
Suite *forms_suite(void);
Suite *job_status_suite(void);
Suite *quota_suite(void);
Suite *defaults_suite(void);
Suite *validation_suite(void);

/* read_records: the JSON lines of a file below tests/api/data. (owned) array of Value*. */
GPtrArray *read_records(const char *name);
/* is_known_kind: the tree is of a kind that there is a table for. */
gboolean is_known_kind(const Value *tree);
/* object_from_tree: decoded, in namespace default if it has none, defaulted. Fails the test on errors. (owned) */
ApiObject *object_from_tree(const Value *tree);
/* object_from_yaml: as object_from_tree. (owned) */
ApiObject *object_from_yaml(const char *yaml);
/* prepare_create: as the server does before validation. */
void prepare_create(ApiObject *object);
