/*
 * manifest.h - the documents of a text
 *
 * Models: k8s.io/apimachinery v0.34 pkg/util/yaml, YAMLOrJSONDecoder, as cli-runtime's StreamVisitor reads with it. One
 * document after the other: what stands before a mistake counts.
 */
#pragma once

#include "base/value.h"

/*
 * manifest_read: (owned) array of Value*, free func set, without empty documents. *out_problem (owned, else NULL): the
 * mistake that ended it, in the words of the decoder.
 */
GPtrArray *manifest_read(const char *text, gsize length, char **out_problem);
