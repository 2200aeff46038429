# SPDX-License-Identifier: Apache-2.0
# Tests of bpf/ itself; included from tests/bpf/CMakeLists.txt.
bpf_test(emit OBJECTS ut_emit LINK pipeline)
bpf_test(combine OBJECTS ut_emit LINK pipeline)
bpf_test(load LINK pipeline)
target_compile_definitions(test_bpf_load PRIVATE
  GOLDEN_DIR="${CMAKE_CURRENT_SOURCE_DIR}/golden")
bpf_test(rings OBJECTS ut_emit LINK pipeline)
bpf_test(wire OBJECTS ut_wire LINK pipeline)
bpf_test(lib OBJECTS ut_lib LINK pipeline)
bpf_test(metrics OBJECTS ut_metrics LINK pipeline)
bpf_test(storm LINK pipeline)
add_dependencies(test_bpf_storm test_probes)
