# SPDX-License-Identifier: Apache-2.0
unit_test(base err LINK base)
unit_test(base hash LINK base)
unit_test(base json LINK base)
unit_test(base log LINK base)
unit_test(base strbuf LINK base)
unit_test(base suggest LINK base)
unit_test(base utf8 LINK base)

unit_test(config arena LINK config)
unit_test(config config LINK config)
unit_test(config diag LINK config)
unit_test(config options LINK config)
unit_test(config quantity LINK config)
unit_test(config single LINK config)
unit_test(config where LINK config)
unit_test(config yaml LINK config)
# Allocations that fail when a test says so.
foreach(file IN ITEMS config diag where)
  target_sources(test_config_${file} PRIVATE unit/aggregators/failing_alloc.c)
  target_include_directories(test_config_${file} PRIVATE unit/aggregators)
  target_link_options(test_config_${file} PRIVATE
    -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=reallocarray)
endforeach()
target_compile_definitions(test_config_config PRIVATE TESTS_DIR="${CMAKE_SOURCE_DIR}/tests")

fuzz_target(config LINK config)
fuzz_target(where LINK config)

# The documentation: docs/configuration.md is what `make docs` writes, and every YAML in it works.
add_executable(configuration_md tools/configuration_md.c tools/generated_part.c)
target_link_libraries(configuration_md PRIVATE config)
add_test(NAME docs/configuration
  COMMAND configuration_md check ${CMAKE_SOURCE_DIR}/docs/configuration.md)
add_test(NAME docs/yaml
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/docs_yaml.sh $<TARGET_FILE:ringtally>)
set_tests_properties(docs/configuration docs/yaml PROPERTIES LABELS unit TIMEOUT 60)
