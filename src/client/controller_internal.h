/* controller_internal.h - a controller's parts, for controller.c and manager.c */
#pragma once

#include "client/expectations.h"
#include "client/plan_run.h"
#include "client/view.h"

/* Where controllers live; what manager.c gives them. */
typedef struct {
    Sim *sim;
    World *world;
    Process *process;
    ApiServer *server;
    Client *share; /* whose connection they use */
    InformerFactory *factory;
    guint version_minor;
    gconstpointer config;
} ControllerHome;

Controller *controller_new(const ControllerHome *home, const ControllerDef *def);
void controller_free(Controller *controller);
/* controller_start: caches are filled: workers and the tick begin. */
void controller_start(Controller *controller);
void controller_reset(Controller *controller);
void controller_resumed(Controller *controller);
const ControllerDef *controller_def(const Controller *controller);

/*
 * controller_new_deaf: a queue over @view (owned) and nothing else - no client, no workers, no informers -, so that tests
 * can call a source's on_event and see which keys it asks for. controller_take: the next of them; NULL: no more.
 */
Controller *controller_new_deaf(Sim *sim, const ControllerDef *def, View *view, guint version_minor);
void controller_free_deaf(Controller *controller);
const char *controller_take(Controller *controller);
