# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS child event_load exposition figures http_get proc_memory report sequence stats verdict)
  unit_test(bench ${file} LINK bench)
endforeach()
