# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS label_arena labels series ranking census fold tracker quota roster counter histogram
        family family_rules family_folds snapshot registry)
  unit_test(aggregators ${file} LINK aggregators)
  target_include_directories(test_aggregators_${file} PRIVATE unit/aggregators)
  # Allocations that fail when a test says so.
  target_sources(test_aggregators_${file} PRIVATE unit/aggregators/failing_alloc.c)
  target_link_options(test_aggregators_${file} PRIVATE
    -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=reallocarray)
endforeach()
unit_test(aggregators books LINK aggregators)
unit_test(aggregators bounds LINK aggregators)
# Hashes that all collide.
target_link_options(test_aggregators_series PRIVATE -Wl,--wrap=hash_bytes)
