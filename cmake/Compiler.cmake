# SPDX-License-Identifier: Apache-2.0
# How every C file of ours is compiled, and the sanitizer presets.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(RINGTALLY_SANITIZE "" CACHE STRING "sanitizers to build with, as -fsanitize= takes them")
option(RINGTALLY_WERROR "warnings are errors" ON)
option(RINGTALLY_FUZZ "build the fuzz targets (clang)" OFF)
option(RINGTALLY_COVERAGE "count executed lines" OFF)

add_library(ringtally_options INTERFACE)
target_include_directories(ringtally_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(ringtally_options INTERFACE _GNU_SOURCE)
target_compile_options(ringtally_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
  -Wpointer-arith -Wwrite-strings -Wformat=2 -Wnull-dereference -Wdouble-promotion)
if(RINGTALLY_WERROR)
  target_compile_options(ringtally_options INTERFACE -Werror)
endif()
if(RINGTALLY_SANITIZE)
  target_compile_options(ringtally_options INTERFACE
    -fsanitize=${RINGTALLY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ringtally_options INTERFACE -fsanitize=${RINGTALLY_SANITIZE})
endif()
if(RINGTALLY_FUZZ)
  target_compile_options(ringtally_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(RINGTALLY_COVERAGE)
  target_compile_options(ringtally_options INTERFACE --coverage -O0)
  target_link_options(ringtally_options INTERFACE --coverage)
endif()

# ringtally_library(NAME SOURCES ... LINK ...): one folder, one static library of the same name.
function(ringtally_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ringtally_options ${arg_LINK})
endfunction()
