# SPDX-License-Identifier: Apache-2.0
# Tests of exporters/; included from tests/CMakeLists.txt.
foreach(file api_ledger api_top content_coding decimal expo gzip http_address http_server pages prom_text prometheus registry
             scrapers top_json)
  unit_test(exporters ${file} LINK exporters)
endforeach()
target_compile_definitions(test_exporters_prom_text PRIVATE
  GOLDEN_DIR="${CMAKE_SOURCE_DIR}/tests/golden")

fuzz_target(expo LINK exporters)
