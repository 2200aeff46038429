# SPDX-License-Identifier: Apache-2.0
# Tests of the bench's suite `footprint`; included from tests/CMakeLists.txt.
foreach(file IN ITEMS child exposition figures http_get proc_memory)
  unit_test(bench ${file} LINK bench)
endforeach()
