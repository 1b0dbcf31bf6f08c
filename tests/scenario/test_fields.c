/* Tables of keys: every type read and refused, with the place of the mistake. */

#include "scenario/fields.h"

#include "base/duration.h"
#include "base/intern.h"

#include <check.h>

Suite *fields_suite(void);

typedef struct {
    const char *word;
    gint64 number;
    gboolean has_number;
} Item;

typedef struct {
    const char *string, *choice;
    gboolean flag, has_duration;
    gint64 integer, duration_ns, cpu_milli, bytes, rate_micro, speed, time_ns, cpu_ns;
    Dist dist;
    StringList strings, words;
    LabelList labels;
    Item map;
    ScList list;
    const Value *value;
} All;

static const char *const choices[] = {"poisson", "constant", NULL};
static const ScField item_fields[] = {
    {"word", SC_STRING, offsetof(Item, word), .doc = "A word.", .def = "none"},
    {"number", SC_INT, offsetof(Item, number), .doc = "A number.", .def = "3", .given_offset = offsetof(Item, has_number), .min = 1, .max = 9},
    {0},
};
#define A(member) offsetof(All, member)
static const ScField all_fields[] = {
    {"string", SC_STRING, A(string), .doc = "A string."},
    {"flag", SC_BOOL, A(flag), .doc = "A flag."},
    {"integer", SC_INT, A(integer), .doc = "An integer.", .def = "7"},
    {"duration", SC_DURATION, A(duration_ns), .doc = "A duration.", .def = "10s", .given_offset = A(has_duration)},
    {"dist", SC_DIST, A(dist), .doc = "A distribution.", .def = "1s"},
    {"cpu", SC_CPU, A(cpu_milli), .doc = "CPU.", .min = 1, .max = 64000},
    {"bytes", SC_BYTES, A(bytes), .doc = "A size.", .max = 1 << 30},
    {"rate", SC_RATE, A(rate_micro), .doc = "A rate.", .max = 1000000000},
    {"speed", SC_SIZE_RATE, A(speed), .doc = "Bytes per second."},
    {"choice", SC_ENUM, A(choice), .doc = "A choice.", .words = choices, .def = "poisson"},
    {"strings", SC_STRINGS, A(strings), .doc = "Strings."},
    {"words", SC_STRINGS, A(words), .doc = "Words.", .words = choices},
    {"labels", SC_LABELS, A(labels), .doc = "Labels."},
    {"time", SC_TIME, A(time_ns), .doc = "A time."},
    {"cpuTime", SC_CPU_TIME, A(cpu_ns), .doc = "CPU time."},
    {"map", SC_MAP, A(map), .doc = "A map.", .fields = item_fields},
    {"list", SC_LIST, A(list), .doc = "A list.", .fields = item_fields, .item_size = sizeof(Item)},
    {"value", SC_VALUE, A(value), .doc = "Anything."},
    {0},
};

typedef struct {
    GPtrArray *documents;
    Diag *diag;
    All all;
} Reading;

static void
reading_clear(Reading *reading)
{
    sc_clear(all_fields, &reading->all);
    g_ptr_array_unref(reading->documents);
    diag_free(reading->diag);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static Reading
read_all(const char *yaml)
{
    Reading reading = {.diag = diag_new()};
    ScReader reader = {str_intern("f"), reading.diag};

    reading.documents = value_read_yaml(yaml, strlen(yaml), "f", reading.diag);
    sc_defaults(all_fields, &reading.all);
    sc_read(&reader, all_fields, &reading.all, g_ptr_array_index(reading.documents, 0), "spec");
    return reading;
}

#define DURATION "a duration such as 300ms, 90s, 5m"
#define DIST "300ms, or {p50: 2ms, p99: 10ms}"

/* What is wrong, where it stands, what to write. */
static const struct {
    const char *yaml, *want;
} bad_cases[] = {
    {"string: [a]", "f:1:9: spec.string: this is a list; write a string\n"},
    {"string: {a: b}", "f:1:9: spec.string: this is a map; write a string\n"},
    {"string:", "f:1:8: spec.string: this is nothing; write a string\n"},
    {"string: yes", "f:1:9: spec.string: YAML takes this word for true or false; write it in quotes\n"},
    {"strings: [n]", "f:1:11: spec.strings[0]: YAML takes this word for true or false; write it in quotes\n"},
    {"labels: {a: on}", "f:1:13: spec.labels.a: YAML takes this word for true or false; write it in quotes\n"},
    {"flag: maybe", "f:1:7: spec.flag: 'maybe' is not a valid value; write true or false\n"},
    {"flag: 1", "f:1:7: spec.flag: '1' is not a valid value; write true or false\n"},
    {"integer: seven", "f:1:10: spec.integer: 'seven' is not a valid value; write an integer\n"},
    {"integer: 2.5", "f:1:10: spec.integer: '2.5' is not a valid value; write an integer\n"},
    {"integer: 99999999999999999999", "f:1:10: spec.integer: '99999999999999999999' is not a valid value; write an integer\n"},
    {"integer: []", "f:1:10: spec.integer: this is a list; write an integer\n"},
    {"duration: 5 minutes", "f:1:11: spec.duration: '5 minutes' is not a valid value; write " DURATION "\n"},
    {"duration: 60", "f:1:11: spec.duration: '60' is not a valid value; write " DURATION "\n"},
    {"duration: -5s", "f:1:11: spec.duration: '-5s' is not a valid value; write " DURATION "\n"},
    {"duration: 9999999999h", "f:1:11: spec.duration: '9999999999h' is not a valid value; write " DURATION "\n"},
    {"duration: 90000h", "f:1:11: spec.duration: '90000h' is out of range; write a value from 0s to 87600h\n"},
    {"dist: soon", "f:1:7: spec.dist: 'soon' is no duration up to ten years; write " DIST "\n"},
    {"dist: -1s", "f:1:7: spec.dist: '-1s' is no duration up to ten years; write " DIST "\n"},
    {"dist: [1s]", "f:1:7: spec.dist: this is a list; write " DIST "\n"},
    {"dist: {p50: 2ms}", "f:1:7: spec.dist: p99 is missing; write a duration such as 2ms\n"},
    {"dist: {p50: 2ms, p99: 1}", "f:1:23: spec.dist: p99 is no duration up to ten years; write a duration such as 2ms\n"},
    {"dist: {p50: 2ms, p99: 1ms}", "f:1:7: spec.dist: p99 is below p50; write the larger one as p99\n"},
    {"dist: {min: 2ms, max: 1ms}", "f:1:7: spec.dist: max is below min; write the larger one as max\n"},
    {"dist: {p50: 1ms, p99: 2ms, p90: 2ms}", "f:1:28: spec.dist.p90: unknown field 'p90'; write p50\n"},
    {"dist: {pareto: 2ms, shape: 0}", "f:1:28: spec.dist: shape is no number above 0 up to 1000; write {pareto: 10ms, shape: 1.5}\n"},
    {"dist: {}", "f:1:7: spec.dist: unknown distribution; write {p50, p99}, {min, max}, {mean}, {mean, sd}, {pareto, shape} or {weibull, shape}\n"},
    {"cpu: lots", "f:1:6: spec.cpu: 'lots' is not a valid value; write CPU such as 2 or 500m\n"},
    {"cpu: -1", "f:1:6: spec.cpu: '-1' is not a valid value; write CPU such as 2 or 500m\n"},
    {"cpu: 0", "f:1:6: spec.cpu: '0' is out of range; write a value from 1m to 64\n"},
    {"cpu: 65", "f:1:6: spec.cpu: '65' is out of range; write a value from 1m to 64\n"},
    {"bytes: 1 GB", "f:1:8: spec.bytes: '1 GB' is not a valid value; write a size such as 512Mi\n"},
    {"bytes: 2Gi", "f:1:8: spec.bytes: '2Gi' is out of range; write a value from 0 to 1Gi\n"},
    {"bytes: 9999999999999999999999999999999999Ei", "f:1:8: spec.bytes: '9999999999999999999999999999999999Ei' is out of range; write a value from 0 to 1Gi\n"},
    {"rate: 200", "f:1:7: spec.rate: '200' is not a valid value; write a rate such as 200/s\n"},
    {"rate: 200/d", "f:1:7: spec.rate: '200/d' is not a valid value; write a rate such as 200/s\n"},
    {"rate: -1/s", "f:1:7: spec.rate: '-1/s' is not a valid value; write a rate such as 200/s\n"},
    {"rate: 1e30/s", "f:1:7: spec.rate: '1e30/s' is out of range; write a value from 0/s to 1000/s\n"},
    {"choice: posson", "f:1:9: spec.choice: unknown word 'posson'; write poisson\n"},
    {"choice: always", "f:1:9: spec.choice: unknown word 'always'; write one of poisson, constant\n"},
    {"strings: 5", "f:1:10: spec.strings: this is an integer; write [a, b]\n"},
    {"strings: [a, [b]]", "f:1:14: spec.strings[1]: this is a list; write a string\n"},
    {"words: [poisson, konstant]", "f:1:18: spec.words[1]: unknown word 'konstant'; write constant\n"},
    {"labels: [a]", "f:1:9: spec.labels: this is a list; write {key: value}\n"},
    {"labels: {a: [b]}", "f:1:13: spec.labels.a: this is a list; write a string\n"},
    {"time: today", "f:1:7: spec.time: 'today' is not a valid value; write a time such as 2026-01-05T09:00:00Z\n"},
    {"cpuTime: 4", "f:1:10: spec.cpuTime: '4' is not a valid value; write a CPU time such as 4ms\n"},
    {"map: a", "f:1:6: spec.map: this is a string; write a map {key: value}\n"},
    {"map: {number: 0}", "f:1:15: spec.map.number: '0' is out of range; write a value from 1 to 9\n"},
    {"list: {a: b}", "f:1:7: spec.list: this is a map; write lines that begin with '- '\n"},
    {"list:\n- word: x\n- 5\n- {wrd: y}", "f:3:3: spec.list[1]: this is an integer; write a map {key: value}\n"
                                        "f:4:4: spec.list[2].wrd: unknown field 'wrd'; write word\n"},
    {"integr: 5", "f:1:1: spec.integr: unknown field 'integr'; write integer\n"},
    {"map: {zzzzzz: 5}", "f:1:7: spec.map.zzzzzz: unknown field 'zzzzzz'; write one of word, number\n"},
    {"integer: x\nrate: w\ncpu: z", "f:1:10: spec.integer: 'x' is not a valid value; write an integer\n"
                                    "f:2:7: spec.rate: 'w' is not a valid value; write a rate such as 200/s\n"
                                    "f:3:6: spec.cpu: 'z' is not a valid value; write CPU such as 2 or 500m\n"},
};

START_TEST(test_bad)
{
    g_auto(Reading) reading = read_all(bad_cases[_i].yaml);
    g_autofree char *got = diag_format(reading.diag);

    ck_assert_str_eq(got, bad_cases[_i].want);
}
END_TEST

START_TEST(test_good)
{
    g_auto(Reading) reading = read_all("string: 5\n"
                                       "flag: true\n"
                                       "integer: 0x1f\n"
                                       "duration: 1m30s\n"
                                       "dist: {p50: 2ms, p99: 10ms}\n"
                                       "cpu: 1500m\n"
                                       "bytes: 512Mi\n"
                                       "rate: 30/m\n"
                                       "speed: 100M\n"
                                       "choice: constant\n"
                                       "strings: [a, 5, 'true']\n"
                                       "words: constant\n"
                                       "labels: {a: b, c: 5, d: }\n"
                                       "time: 2026-01-05T09:00:00Z\n"
                                       "cpuTime: 4ms\n"
                                       "map: {word: x}\n"
                                       "list: [{number: 4}, {}]\n"
                                       "value: [any]\n");
    const All *all = &reading.all;
    const Item *items = (const Item *)(gconstpointer)all->list.items;
    g_autofree char *got = diag_format(reading.diag);

    ck_assert_str_eq(got, "");
    ck_assert_str_eq(all->string, "5");
    ck_assert(all->flag);
    ck_assert_int_eq(all->integer, 31);
    ck_assert_int_eq(all->duration_ns, 90 * NS_PER_S);
    ck_assert(all->has_duration);
    ck_assert_int_eq(all->dist.type, DIST_LOGNORMAL);
    ck_assert_int_eq(all->dist.b_ns, 10 * NS_PER_MS);
    ck_assert_int_eq(all->cpu_milli, 1500);
    ck_assert_int_eq(all->bytes, 512 << 20);
    ck_assert_int_eq(all->rate_micro, 500000);
    ck_assert_int_eq(all->speed, 100000000);
    ck_assert_str_eq(all->choice, "constant");
    ck_assert_uint_eq(all->strings.count, 3);
    ck_assert_str_eq(all->strings.items[2], "true");
    ck_assert_uint_eq(all->words.count, 1);
    ck_assert_uint_eq(all->labels.count, 3);
    ck_assert_str_eq(all->labels.items[1].value, "5");
    ck_assert_str_eq(all->labels.items[2].value, "");
    ck_assert_int_eq(all->time_ns, G_GINT64_CONSTANT(1767603600) * NS_PER_S);
    ck_assert_int_eq(all->cpu_ns, 4 * NS_PER_MS);
    ck_assert_str_eq(all->map.word, "x");
    ck_assert(!all->map.has_number);
    ck_assert_uint_eq(all->list.count, 2);
    ck_assert_int_eq(items[0].number, 4);
    ck_assert_int_eq(items[1].number, 3);
    ck_assert_str_eq(items[1].word, "none");
    ck_assert_int_eq(all->value->type, VALUE_LIST);
}
END_TEST

START_TEST(test_defaults)
{
    g_auto(Reading) reading = read_all("{}");

    ck_assert_int_eq(reading.all.integer, 7);
    ck_assert_int_eq(reading.all.duration_ns, 10 * NS_PER_S);
    ck_assert(!reading.all.has_duration);
    ck_assert_int_eq(reading.all.dist.a_ns, NS_PER_S);
    ck_assert_str_eq(reading.all.choice, "poisson");
    ck_assert_int_eq(reading.all.map.number, 3);
    ck_assert_ptr_null(reading.all.string);
    ck_assert_uint_eq(reading.all.list.count, 0);
}
END_TEST

/* Each way to write a distribution. */
static const struct {
    const char *yaml;
    DistType type;
    gint64 a_ns, b_ns;
    guint shape_milli;
} dist_cases[] = {
    {"dist: 300ms", DIST_CONSTANT, 300 * NS_PER_MS, 0, 0},
    {"dist: {p50: 2ms, p99: 10ms}", DIST_LOGNORMAL, 2 * NS_PER_MS, 10 * NS_PER_MS, 0},
    {"dist: {min: 1s, max: 3s}", DIST_UNIFORM, NS_PER_S, 3 * NS_PER_S, 0},
    {"dist: {mean: 5s}", DIST_EXPONENTIAL, 5 * NS_PER_S, 0, 0},
    {"dist: {exponential: 5s}", DIST_EXPONENTIAL, 5 * NS_PER_S, 0, 0},
    {"dist: {mean: 5s, sd: 1s}", DIST_NORMAL, 5 * NS_PER_S, NS_PER_S, 0},
    {"dist: {pareto: 10ms, shape: 1.5}", DIST_PARETO, 10 * NS_PER_MS, 0, 1500},
    {"dist: {weibull: 10ms, shape: 2}", DIST_WEIBULL, 10 * NS_PER_MS, 0, 2000},
};

START_TEST(test_dist)
{
    g_auto(Reading) reading = read_all(dist_cases[_i].yaml);

    ck_assert_uint_eq(diag_count_errors(reading.diag), 0);
    ck_assert_int_eq(reading.all.dist.type, dist_cases[_i].type);
    ck_assert_int_eq(reading.all.dist.a_ns, dist_cases[_i].a_ns);
    ck_assert_int_eq(reading.all.dist.b_ns, dist_cases[_i].b_ns);
    ck_assert_uint_eq(reading.all.dist.shape_milli, dist_cases[_i].shape_milli);
}
END_TEST

/* A bad value keeps the default and leaks nothing; a key that stands twice is read as its last. */
START_TEST(test_twice)
{
    g_auto(Reading) reading = read_all("list: [{word: a}, {word: b}]\nlist: [{word: c}]\nstrings: [a]\nstrings: [b, c]\nlabels: {a: b}\nlabels: 5\ninteger: x\n");

    ck_assert_uint_eq(diag_count_errors(reading.diag), 5);
    ck_assert_uint_eq(reading.all.list.count, 1);
    ck_assert_uint_eq(reading.all.strings.count, 2);
    ck_assert_uint_eq(reading.all.labels.count, 0);
    ck_assert_int_eq(reading.all.integer, 7);
}
END_TEST

START_TEST(test_explain)
{
    GString *out = g_string_new(NULL);

    sc_explain(item_fields, out, 0);
    ck_assert_str_eq(out->str, "word <string> default none\n    A word.\nnumber <integer> default 3\n    A number.\n");
    g_string_free(out, TRUE);
}
END_TEST

Suite *
fields_suite(void)
{
    Suite *suite = suite_create("fields");
    TCase *tcase = tcase_create("fields");

    tcase_add_loop_test(tcase, test_bad, 0, G_N_ELEMENTS(bad_cases));
    tcase_add_test(tcase, test_good);
    tcase_add_test(tcase, test_defaults);
    tcase_add_loop_test(tcase, test_dist, 0, G_N_ELEMENTS(dist_cases));
    tcase_add_test(tcase, test_twice);
    tcase_add_test(tcase, test_explain);
    suite_add_tcase(suite, tcase);
    return suite;
}
