# SPDX-License-Identifier: Apache-2.0
# bpf_object(OUTPUT SOURCE [FLAG...]): compiles one BPF source; stripped of DWARF and of the labels of
#                            blocks, which libbpf would walk once for every map; its BTF stays.
# bpf_probe(NAME):           bpf/probes/NAME.bpf.c, one of the shipped probes.
# bpf_bundle(NAME):          the shipped probes linked into one object, without their source lines.
string(REGEX MATCH "^(x86_64|aarch64)$" bpf_machine ${CMAKE_SYSTEM_PROCESSOR})
set(bpf_arch_x86_64 x86)
set(bpf_arch_aarch64 arm64)
if(NOT bpf_machine)
  message(FATAL_ERROR "BPF probes are built for x86_64 and aarch64, not ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# <linux/types.h> needs asm/, which Debian keeps under the architecture's own folder.
set(BPF_FLAGS -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_${bpf_arch_${bpf_machine}}
  -Wall -Wextra -Werror -Wno-unused-parameter
  -I${CMAKE_SOURCE_DIR} -idirafter /usr/include/${CMAKE_C_LIBRARY_ARCHITECTURE})

function(bpf_object output source)
  get_filename_component(directory ${output} DIRECTORY)
  file(MAKE_DIRECTORY ${directory})
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CLANG} ${BPF_FLAGS} ${ARGN} -MMD -MF ${output}.d -MT ${output} -c ${source} -o ${output}
    COMMAND ${LLVM_STRIP} -g --wildcard --strip-symbol=LBB* ${output}
    DEPENDS ${source}
    DEPFILE ${output}.d
    COMMENT "BPF ${output}"
    VERBATIM)
endfunction()

function(bpf_probe name)
  set(object ${CMAKE_BINARY_DIR}/bpf/probes/${name}.bpf.o)
  bpf_object(${object} ${CMAKE_SOURCE_DIR}/bpf/probes/${name}.bpf.c)
  set_property(GLOBAL APPEND PROPERTY BPF_PROBES ${object})
endfunction()

function(bpf_bundle name)
  get_property(probes GLOBAL PROPERTY BPF_PROBES)
  set(bundle ${CMAKE_BINARY_DIR}/bpf/${name}.bpf.o)
  set(strip_lines)
  set(parts)
  foreach(probe ${probes})
    get_filename_component(part ${probe} NAME_WE)
    set(part ${CMAKE_BINARY_DIR}/bpf/${name}/${part}.o)
    list(APPEND parts ${part})
    list(APPEND strip_lines COMMAND strip_line_info ${probe} ${part})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bpf/${name})
  add_executable(strip_line_info ${CMAKE_SOURCE_DIR}/cmake/strip_line_info.c)
  add_custom_command(
    OUTPUT ${bundle}
    ${strip_lines}
    COMMAND ${BPFTOOL} gen object ${bundle} ${parts}
    DEPENDS ${probes} strip_line_info
    COMMENT "BPF ${bundle}"
    VERBATIM)
  add_custom_target(bpf_${name} DEPENDS ${bundle})
  set_property(GLOBAL PROPERTY BPF_BUNDLE ${bundle})
endfunction()
