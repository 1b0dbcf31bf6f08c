/*
 * traffic_way.h - from whom to where a traffic's next request goes
 *
 * Names are looked up anew for each request, as Services and pods come and go.
 * One FlowClient per way (origin and address), so that each keeps its ports and
 * connections.
 */
#pragma once

#include "net/traffic.h"

typedef struct TrafficWays TrafficWays;

TrafficWays *
traffic_ways_new(World *world, const TrafficOptions *options, const TrafficResolver *resolver);
void traffic_ways_free(TrafficWays *ways);
/* traffic_ways_find: NULL if the names lead nowhere now. (borrowed) */
FlowClient *traffic_ways_find(TrafficWays *ways);
