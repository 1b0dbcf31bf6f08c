/* yaml_problem.h - why libyaml gave up, in words */
#pragma once

#include <glib.h>
#include <yaml.h>

/* yaml_problem_own: what the author of a scenario has to look at, and *out_mark where. Not for errors of the reader. (owned) */
char *yaml_problem_own(const yaml_parser_t *parser, yaml_mark_t *out_mark);

/* yaml_problem_go: as go-yaml v2's parser.fail says it, `yaml: ` in front: its line is one too small when a token stands wrong. (owned) */
char *yaml_problem_go(const yaml_parser_t *parser);
