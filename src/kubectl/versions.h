/*
 * versions.h - what kubectl, and the rows that a server makes, say differently from 1.30 to 1.36
 *
 * kubectl is of the cluster's version. After the release notes of k8s.io/kubectl and v1.30 to v1.36
 * pkg/printers/internalversion. Left out: autoscaling/v1 before 1.33, -o kyaml, several conditions of
 * one wait (1.36).
 */
#pragma once

#include "kubectl/internal.h"

/* versions_name: "v1.34.4"; of 1.34 the patch release that was recorded. (interned) */
const char *versions_name(guint minor);
/* versions_kustomize: "v5.7.1". */
const char *versions_kustomize(guint minor);
/* versions_printer: @printer, or what it was in 1.@minor. */
const Printer *versions_printer(const Printer *printer, guint minor);
/* versions_where_deleted: " from NS namespace" since 1.34; "" before, and of what has no namespace. (interned) */
const char *versions_where_deleted(const Command *command, const char *namespace_);
/* versions_add_nulls: before 1.34 a creationTimestamp that is not set is null: of the object, its templates and claims. */
void versions_add_nulls(Value *tree, guint minor);
