# SPDX-License-Identifier: Apache-2.0
# syscall_names(TARGET): generates the tables of system call names from the kernel's headers, for
# TARGET's sources to include as "pipeline/decoders/syscall_{native,compat}.inc". compat are the
# 32-bit calls of a 64-bit kernel; empty where the probes do not tell them apart.
function(syscall_names target)
  set(header_native asm/unistd.h)
  set(header_compat "")
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    set(header_compat asm/unistd_32.h)
  endif()

  set(script ${CMAKE_SOURCE_DIR}/scripts/syscall_names.sh)
  set(generated ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated}/pipeline/decoders)
  foreach(table native compat)
    set(output ${generated}/pipeline/decoders/syscall_${table}.inc)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${script} ${CMAKE_C_COMPILER} "${header_${table}}" ${output}
      DEPENDS ${script}
      DEPFILE ${output}.d
      COMMENT "Names of ${table} system calls"
      VERBATIM)
    target_sources(${target} PRIVATE ${output})
  endforeach()
  target_include_directories(${target} PRIVATE ${generated})
endfunction()
