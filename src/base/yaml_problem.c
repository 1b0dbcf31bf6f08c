/* yaml_problem.c - why libyaml gave up, in words; see yaml_problem.h */

#include "base/yaml_problem.h"

char *
yaml_problem_own(const yaml_parser_t *parser, yaml_mark_t *out_mark)
{
    g_autofree char *began = NULL;

    *out_mark = parser->problem_mark;
    /* `ports;` is only missed at the next colon; what the author has to look at is where the key began. */
    if (parser->context != NULL && g_str_equal(parser->context, "while scanning a simple key")) {
        *out_mark = parser->context_mark;
        return g_strdup("this key has no ':'; write KEY: VALUE");
    }
    /* Mostly a tab, which YAML does not take for indentation. */
    if (g_strcmp0(parser->problem, "found character that cannot start any token") == 0)
        return g_strdup("a tab, or another character that cannot begin a value; write blanks, or quotes round the value");
    began = parser->context == NULL ? g_strdup("")
                                    : g_strdup_printf(" that begins at %zu:%zu", parser->context_mark.line + 1,
                                                      parser->context_mark.column + 1);
    return g_strdup_printf("%s%s%s%s; look at brackets, quotes and indentation up to here",
                           parser->problem == NULL ? "cannot be read as YAML" : parser->problem,
                           parser->context == NULL ? "" : " ", parser->context == NULL ? "" : parser->context, began);
}

char *
yaml_problem_go(const yaml_parser_t *parser)
{
    const char *problem = parser->problem != NULL ? parser->problem : "unknown problem parsing YAML content";
    gsize line = 0;

    if (parser->error != YAML_READER_ERROR && parser->problem_mark.line != 0)
        line = parser->problem_mark.line + (parser->error == YAML_SCANNER_ERROR ? 1 : 0);
    else if (parser->error != YAML_READER_ERROR)
        line = parser->context_mark.line;
    return line == 0 ? g_strdup_printf("yaml: %s", problem) : g_strdup_printf("yaml: line %zu: %s", line, problem);
}
