# SPDX-License-Identifier: Apache-2.0
unit_test(base utf8_repair LINK base)

foreach(file IN ITEMS dec_number dec_string dec_syscall decoder_registry text_decoder)
  unit_test(pipeline ${file} LINK pipeline)
endforeach()

foreach(file IN ITEMS mountinfo cgroups dec_cgroup)
  unit_test(pipeline ${file} LINK pipeline)
  target_sources(test_pipeline_${file} PRIVATE unit/pipeline/temp_tree.c)
endforeach()
target_link_options(test_pipeline_cgroups PRIVATE
  -Wl,--wrap=mountinfo_find -Wl,--wrap=log_line)

foreach(file IN ITEMS dec_enum dec_errno dec_signal dec_device)
  unit_test(pipeline ${file} LINK pipeline)
endforeach()
target_sources(test_pipeline_dec_device PRIVATE unit/pipeline/temp_tree.c)

foreach(file IN ITEMS dec_ksym kallsyms)
  unit_test(pipeline ${file} LINK pipeline)
  target_sources(test_pipeline_${file} PRIVATE unit/pipeline/temp_tree.c)
endforeach()
target_link_options(test_pipeline_dec_ksym PRIVATE -Wl,--wrap=log_line)

# Plans, routes and what they rest on.
foreach(file IN ITEMS btf_check bucket_table filter key_layout knobs plan raw_cache raw_event refusal route schema)
  unit_test(pipeline ${file} LINK pipeline)
endforeach()
target_link_options(test_pipeline_route PRIVATE -Wl,--wrap=family__tick)

unit_test(pipeline bucket_plan LINK pipeline m)

fuzz_target(btf LINK pipeline)
fuzz_target(record LINK pipeline)

unit_test(pipeline budget LINK pipeline)
unit_test(pipeline bundle LINK pipeline)
unit_test(pipeline cost LINK pipeline)
unit_test(pipeline extent LINK pipeline)

unit_test(pipeline flush LINK pipeline)
target_link_options(test_pipeline_flush PRIVATE -Wl,--wrap=collector__needs_flush
  -Wl,--wrap=collector__flush -Wl,--wrap=collector__has_flush_hook -Wl,--wrap=drain__place_barrier -Wl,--wrap=log_line)

unit_test(pipeline source LINK pipeline)
target_link_options(test_pipeline_source PRIVATE -Wl,--wrap=flush__request
  -Wl,--wrap=flush__listen -Wl,--wrap=collector__snapshot -Wl,--wrap=collector__tick
  -Wl,--wrap=selfstats_snapshot -Wl,--wrap=process_stats_snapshot -Wl,--wrap=uv_hrtime)

# docs/probes.md is what `make docs` writes.
add_executable(probes_md tools/probes_md.c tools/generated_part.c)
target_link_libraries(probes_md PRIVATE pipeline)
add_test(NAME docs/probes COMMAND probes_md check ${CMAKE_SOURCE_DIR}/docs/probes.md)
set_tests_properties(docs/probes PROPERTIES LABELS unit TIMEOUT 60)
