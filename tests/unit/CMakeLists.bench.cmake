# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS child contest event_load exposition figures goal http_get page proc_memory report sequence
        stats stream truth verdict)
  unit_test(bench ${file} LINK bench)
endforeach()
