# SPDX-License-Identifier: GPL-3.0-or-later

# Headers are included as "prunedamr/<module>/<name>.h", in the tree (from lib/) as when installed; those of programs and
# tests by their path from the project's root.

# prunedamr_module(NAME SOURCES a.cpp ... USES module ... LINKS target ...)
# An object library prunedamr_<name>; the shared libraries are made of these.
function(prunedamr_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINKS" ${ARGN})
  add_library(prunedamr_${name} OBJECT ${ARG_SOURCES})
  target_include_directories(prunedamr_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>)
  target_compile_options(prunedamr_${name} PRIVATE -Wall -Wextra)
  if(PRUNEDAMR_FUZZ)
    target_compile_options(prunedamr_${name} PRIVATE -fsanitize=fuzzer-no-link,address)
    target_link_options(prunedamr_${name} INTERFACE -fsanitize=address)
  endif()
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(prunedamr_${name} PUBLIC prunedamr_${used})
  endforeach()
  target_link_libraries(prunedamr_${name} PUBLIC ${ARG_LINKS})
endfunction()

# prunedamr_test(NAME SOURCES a.cpp ... LINKS target ...): one GoogleTest program, one CTest case per test.
function(prunedamr_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
endfunction()
