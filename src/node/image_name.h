/*
 * image_name.h - what is wrong with the name of an image; what a failed pull is called
 *
 * Models: v1.34 pkg/util/parsers with github.com/distribution/reference v0.6;
 * pkg/kubelet/images/image_manager.go evalCRIPullErr. Pure.
 */
#pragma once

#include <glib.h>

/* image_name_problem: the parser's words, NULL if it is a reference. (owned) */
char *image_name_problem(const char *image);
/* image_pull_message: for the runtime's @error; @out_reason: ErrImagePull, or an own one of the runtime. (owned) */
char *image_pull_message(const char *image, const char *error, const char **out_reason);
