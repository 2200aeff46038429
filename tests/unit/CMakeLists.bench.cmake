# SPDX-License-Identifier: Apache-2.0
foreach(file IN ITEMS event_load report sequence stats verdict)
  unit_test(bench ${file} LINK bench)
endforeach()
