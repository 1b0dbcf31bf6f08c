/*
 * revisions.h - the history of DaemonSets and StatefulSets as ControllerRevisions
 *
 * Models v1.34 pkg/controller/history/controller_history.go. The data of a
 * revision is a patch that replaces spec.template.
 */
#pragma once

#include "controllers/util.h"

#define REVISION_PREFIX_MAX 223 /* of the owner's name, in a revision's */

/* revision_data: the patch to @template_. (owned) */
Value *revision_data(const PodTemplateSpec *template_);
/* revision_template: the template in @revision, into zeroed memory (owned content). FALSE: there is none. */
gboolean revision_template(const ApiObject *revision, PodTemplateSpec *out_template);
/* revision_hash: of the data and the collision count, as names have it. (interned) */
const char *revision_hash(const Value *data, gint32 collision_count);
/* revision_new: not stored yet; controlled by @owner, whose annotations it takes. (owned) */
ApiObject *revision_new(const ApiObject *owner,
                        const PodTemplateSpec *template_,
                        Value *data /* owned */,
                        const char *hash_label,
                        const char *hash,
                        gint64 number);
gint64 revision_number(const ApiObject *revision);
/* revision_renumber: a copy of @revision with another number. (owned) */
ApiObject *revision_renumber(const ApiObject *revision, gint64 number);
/* revisions_sort: by number, then creation, then name. */
void revisions_sort(GPtrArray *revisions);
/* revisions_list: candidates to own: those of @owner and the orphans of its namespace. */
void revisions_list(View *view, const ApiObject *owner, GPtrArray *out);
