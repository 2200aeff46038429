/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/bundle.h"

#include "base/embed.h"

/* BUNDLE_FILE is the object's path, given by CMake. */
EMBED(bundle, BUNDLE_FILE);
