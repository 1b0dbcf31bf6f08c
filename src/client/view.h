/* view.h - a view over the informers of a process; see controller.h for what reconcilers use */
#pragma once

#include "client/controller.h"

/* view_new_informers: reads the caches of @factory; kinds must have been asked for there. */
View *view_new_informers(InformerFactory *factory);
/* view_add_kind: @kind may be read; makes its informer. */
Informer *view_add_kind(View *view, const ApiKind *kind);
