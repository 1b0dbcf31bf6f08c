/*
 * yaml_scalar.h - what a plain YAML scalar means
 *
 * Models: sigs.k8s.io/yaml goyaml.v2 resolve (YAML 1.1 without base 60), for
 * the reader and for the writer, which quotes what would be read as something else.
 */
#pragma once

#include "base/value.h"

/*
 * yaml_scalar_resolve: a null, boolean, number or string. Numbers get the text
 * that JSON can hold: 0x10 is 16, .5 is 0.5, 1e3 is 1000; 1.50 stays. (owned)
 */
Value *yaml_scalar_resolve(const char *text);
/* yaml_scalar_is_string: plain @text would be read as a string by every reader. */
gboolean yaml_scalar_is_string(const char *text);
