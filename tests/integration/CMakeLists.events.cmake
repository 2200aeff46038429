# SPDX-License-Identifier: Apache-2.0
# Tests of single events, of histograms and filters. Included by CMakeLists.txt beside it.
foreach(name block cardinality cgroups churn context cpu_migrate interrupts offcpu oncpu page_fault process runq seams
   syscall_exit timer trace where prometheus)
  python_test(integration/${name} integration ${name} 120)
  set_tests_properties(integration/${name} PROPERTIES RESOURCE_LOCK bpf)
endforeach()
