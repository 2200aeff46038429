# SPDX-License-Identifier: Apache-2.0
# unit_test(FOLDER FILE LINK libs...): tests/unit/FOLDER/test_FILE.c as one cmocka program.
# Called from tests/CMakeLists.txt only.
# bpf_test(NAME OBJECTS objects... LINK libs...): tests/bpf/test_NAME.c, run as root and alone. It
# finds tests/bpf/OBJECT.bpf.c compiled as OBJECT.bpf.o in BPF_OBJECTS_DIR. Called from tests/bpf.
enable_testing()

function(unit_test folder file)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  set(name test_${folder}_${file})
  add_executable(${name} unit/${folder}/test_${file}.c)
  target_link_libraries(${name} PRIVATE ringtally_options ${arg_LINK} PkgConfig::cmocka)
  add_test(NAME unit/${folder}/${file} COMMAND ${name})
  set_tests_properties(unit/${folder}/${file} PROPERTIES LABELS unit TIMEOUT 60 SKIP_RETURN_CODE 77)
endfunction()

function(bpf_test name)
  cmake_parse_arguments(arg "" "" "OBJECTS;LINK" ${ARGN})
  set(target test_bpf_${name})
  add_executable(${target} test_${name}.c)
  target_link_libraries(${target} PRIVATE ringtally_options ${arg_LINK} PkgConfig::cmocka)
  target_compile_definitions(${target} PRIVATE BPF_OBJECTS_DIR="${CMAKE_CURRENT_BINARY_DIR}")
  foreach(object ${arg_OBJECTS})
    if(NOT TARGET bpf_test_${object})
      bpf_object(${CMAKE_CURRENT_BINARY_DIR}/${object}.bpf.o
        ${CMAKE_CURRENT_SOURCE_DIR}/${object}.bpf.c)
      add_custom_target(bpf_test_${object}
        DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${object}.bpf.o)
    endif()
    add_dependencies(${target} bpf_test_${object})
  endforeach()
  add_test(NAME bpf/${name} COMMAND ${target})
  set_tests_properties(bpf/${name} PROPERTIES
    LABELS bpf TIMEOUT 120 SKIP_RETURN_CODE 77 RESOURCE_LOCK bpf)
endfunction()
