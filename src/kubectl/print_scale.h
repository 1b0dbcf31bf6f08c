/*
 * print_scale.h - get --subresource=scale; v1.34 pkg/printers/internalversion printScale, ScaleREST.Get
 */
#pragma once

#include "kubectl/internal.h"

/* print_scales: what the scales of @objects (of ApiObject, borrowed) are, as -o says. FALSE: message out, ended. */
gboolean print_scales(Command *command, const GPtrArray *objects, gboolean as_list);
