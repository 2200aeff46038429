# SPDX-License-Identifier: Apache-2.0
# Tests of bpf/ itself; included from tests/bpf/CMakeLists.txt.
bpf_test(emit OBJECTS ut_emit LINK pipeline)
# The same for kernels that have no typed pointer to the current task.
bpf_object(${CMAKE_CURRENT_BINARY_DIR}/ut_emit_helpers.bpf.o
  ${CMAKE_CURRENT_SOURCE_DIR}/ut_emit.bpf.c -DHAS_TYPED_CURRENT=0)
add_custom_target(bpf_test_ut_emit_helpers DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/ut_emit_helpers.bpf.o)
add_dependencies(test_bpf_emit bpf_test_ut_emit_helpers)
bpf_test(raw OBJECTS ut_emit LINK pipeline)
add_dependencies(test_bpf_raw bpf_test_ut_emit_helpers)
bpf_test(combine OBJECTS ut_emit LINK pipeline)
bpf_test(hook OBJECTS ut_hook LINK pipeline)
bpf_test(load LINK pipeline)
target_compile_definitions(test_bpf_load PRIVATE
  GOLDEN_DIR="${CMAKE_CURRENT_SOURCE_DIR}/golden")
bpf_test(parts OBJECTS ut_parts LINK pipeline)
bpf_test(rings OBJECTS ut_emit LINK pipeline)
bpf_test(wire OBJECTS ut_wire LINK pipeline)
bpf_test(lib OBJECTS ut_lib LINK pipeline)
bpf_test(metrics OBJECTS ut_metrics LINK pipeline)
bpf_test(storm LINK pipeline)
add_dependencies(test_bpf_storm test_probes)
