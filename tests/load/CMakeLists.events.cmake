# SPDX-License-Identifier: Apache-2.0
# Loads of single events (disks, run queues, values, processes) and of many names. Included by CMakeLists.txt beside it.
foreach(name execs faults forks hops hotset io lives renames runq seams sockets turns)
  add_executable(load_${name} ${name}.c)
  target_include_directories(load_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(load_${name} PRIVATE _GNU_SOURCE)
  target_compile_options(load_${name} PRIVATE -O2 -Wall -Wextra -Wshadow -Wconversion -Werror)
  target_link_libraries(load_${name} PRIVATE Threads::Threads)
  set_target_properties(load_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
endforeach()

# Not a program: what makes one do more than it knows of.
add_library(load_extra MODULE extra.c)
target_include_directories(load_extra PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(load_extra PRIVATE _GNU_SOURCE)
target_compile_options(load_extra PRIVATE -O2 -Wall -Wextra -Wshadow -Wconversion -Werror)
set_target_properties(load_extra PROPERTIES
  PREFIX "" OUTPUT_NAME extra LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
