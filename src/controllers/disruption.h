/*
 * disruption.h - what the files of the disruption controller share
 *
 * Models v1.34 pkg/controller/disruption.
 */
#pragma once

#include "api/validate.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

/*
 * disruption_expected_scale: how many pods the controllers of @pods want together;
 * pods without one are counted in *out_unmanaged. FALSE: *out_error (interned).
 */
gboolean disruption_expected_scale(View *view,
                                   const GPtrArray *pods,
                                   gint32 *out_scale,
                                   guint *out_unmanaged,
                                   const char **out_error);
