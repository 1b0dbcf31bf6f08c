/*
 * codec_decode.h - what the files of the decoder share; only they include it
 *
 * Models: sigs.k8s.io/json (v1.34). The first type error is kept and decoding goes on; an error of a type's own
 * UnmarshalJSON ends it at once and replaces what was kept (addErrorContext gives it the place if it is about a type). Unknown and repeated fields are collected beside it.
 */
#pragma once

#include "api/object.h"

/* Where the decoder stands: a chain on the stack, made into text only for an error. */
typedef struct Place Place;
struct Place {
    const Place *up;
    const char *name; /* NULL: an element of a list */
    guint index;
    gboolean is_map_key; /* not part of Go's field path */
};

typedef struct {
    ApiDecodeResult *result;
    const char *prefix; /* path of the root given by the caller, may be NULL */
    gboolean is_fatal;
} Decoder;

/* decode_set_error: @text (owned from here on) is the error, at @value and @place, whatever was there before. */
void decode_set_error(Decoder *decoder, const Value *value, const Place *place, char *text);
/* decode_fatal: an error of UnmarshalJSON: ends the decoding; Returns: FALSE. */
gboolean decode_fatal(Decoder *decoder, const Value *value, const Place *place, char *text);
/* decode_whole: FALSE if the number @text, written with a point or an exponent, is not whole. */
gboolean decode_whole(const char *text, gint64 *out_integer);
/* decode_json_type: "string", "array" ..., as the errors say. */
const char *decode_json_type(const Value *value);
/* decode_type_error: unless there is one. @with_literal: the number has a Go type of the right sort, but does not fit. */
void decode_type_error(Decoder *decoder,
                       const ApiType *holder,
                       const Value *value,
                       const Place *place,
                       const char *go_type,
                       gboolean with_literal);
/* decode_fatal_type: the same from within a type's own UnmarshalJSON: it ends the decoding. Returns: FALSE. */
gboolean decode_fatal_type(Decoder *decoder,
                           const ApiType *holder,
                           const Value *value,
                           const Place *place,
                           const char *go_type,
                           gboolean with_literal);
/* decode_base64_fault, decode_quantity_fault: why @text or @value is none; NULL if it is. (owned) */
char *decode_base64_fault(const char *text);
char *decode_quantity_fault(const Value *value);
/* decode_time_fault: what Go's time.Parse says of @text in the layout of a Time or a MicroTime; NULL if nothing. (owned) */
char *decode_time_fault(const char *text, gboolean is_micro);
/* decode_add_strict: @what is "unknown" or "duplicate". */
void decode_add_strict(Decoder *decoder, const char *what, const Value *value, const Place *place);
