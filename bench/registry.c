/* SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "bench/bench.h"

const struct bench_suite *const bench_suites[] = {&probe_cost_suite,  &footprint_suite,
						  &pipeline_suite,    &scrape_suite,
						  &aggregators_suite, &workload_suite};
const size_t bench_nsuites = ARRAY_SIZE(bench_suites);
