# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT (a C file) with the version and the commit; run at every build, touches the file only
# when they changed. cmake -DOUTPUT=... -DVERSION=... -DSOURCE_DIR=... -P Version.cmake
execute_process(
  COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"/* SPDX-License-Identifier: Apache-2.0 */
#include \"base/version.h\"

const char ringtally_version[] = \"@VERSION@\";
const char ringtally_commit[] = \"@commit@\";
")
