# SPDX-License-Identifier: Apache-2.0
# fuzz_target(NAME LINK libs...): tests/fuzz/fuzz_NAME.c, which defines LLVMFuzzerTestOneInput.
#   fuzz preset     fuzz/NAME: libFuzzer for RINGTALLY_FUZZ_SECONDS; finds go to <build>/tests/fuzz/NAME
#   other presets   fuzz-regress/NAME: the inputs in corpus/NAME and regression/NAME, once each
# Called from tests/CMakeLists.txt and the fragments it includes.
set(RINGTALLY_FUZZ_SECONDS 60 CACHE STRING "how long each fuzz target runs")
add_custom_target(fuzzers)

function(fuzz_target name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  set(inputs)
  foreach(folder corpus regression)
    if(EXISTS ${CMAKE_SOURCE_DIR}/tests/fuzz/${folder}/${name})
      list(APPEND inputs ${CMAKE_SOURCE_DIR}/tests/fuzz/${folder}/${name})
    endif()
  endforeach()

  add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
  target_link_libraries(fuzz_${name} PRIVATE ringtally_options ${arg_LINK})
  add_dependencies(fuzzers fuzz_${name})

  if(RINGTALLY_FUZZ)
    set(found ${CMAKE_BINARY_DIR}/tests/fuzz/${name})
    file(MAKE_DIRECTORY ${found})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz/${name}
      COMMAND fuzz_${name} -max_total_time=${RINGTALLY_FUZZ_SECONDS} -timeout=5 -rss_limit_mb=1024
              -print_final_stats=1 -artifact_prefix=${found}/ ${found} ${inputs})
    math(EXPR timeout "${RINGTALLY_FUZZ_SECONDS} + 60")
    set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout})
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
    add_test(NAME fuzz-regress/${name} COMMAND fuzz_${name} ${inputs})
    set_tests_properties(fuzz-regress/${name} PROPERTIES LABELS fuzz-regress TIMEOUT 60)
  endif()
endfunction()
