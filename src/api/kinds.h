/*
 * kinds.h - every kind of the API
 */
#pragma once

#include "api/kinds/autoscaling.h"
#include "api/kinds/batch.h"
#include "api/kinds/core.h"
#include "api/kinds/csi_driver.h"
#include "api/kinds/csi_node.h"
#include "api/kinds/meta.h"
#include "api/kinds/metrics.h"
#include "api/kinds/pod.h"
#include "api/kinds/policy.h"
#include "api/kinds/network.h"
#include "api/kinds/quota.h"
#include "api/kinds/rbac.h"
#include "api/kinds/runtime_class.h"
#include "api/kinds/service.h"
#include "api/kinds/sets.h"
#include "api/kinds/storage.h"
#include "api/kinds/vpa.h"
#include "api/kinds/workload.h"
