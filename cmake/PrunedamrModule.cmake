# SPDX-License-Identifier: GPL-3.0-or-later

# Headers are included as "prunedamr/<module>/<name>.h", in the tree (from lib/) as when installed; those of programs and
# tests by their path from the project's root.

# prunedamr_unity(TARGET batch [ALL]): compiles so many sources of a target together. Where most of the time goes into a
# library's headers (LibTorch's: 6 to 15 s in every file) this is what makes a build short. ALL: of the targets that gain less,
# where PRUNEDAMR_UNITY=ALL asks for it, as builds from nothing do. Sources with flags of their own are compiled alone.
function(prunedamr_unity target batch)
  if(PRUNEDAMR_UNITY STREQUAL "OFF" OR ("ALL" IN_LIST ARGN AND NOT PRUNEDAMR_UNITY STREQUAL "ALL"))
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
  # Every source is "included", so GCC takes private classes with members of unnamed namespaces for a header's.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# prunedamr_module(NAME [COLD] SOURCES a.cpp ... USES module ... LINKS target ...)
# An object library prunedamr_<name>. COLD: nothing in it computes for long, and -O1 compiles it in two thirds of the time. The libraries are made of these; only what a public header declares with
# PRUNEDAMR_API is visible outside of them.
function(prunedamr_module name)
  cmake_parse_arguments(ARG "COLD" "" "SOURCES;USES;LINKS" ${ARGN})
  add_library(prunedamr_${name} OBJECT ${ARG_SOURCES})
  set_target_properties(prunedamr_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(prunedamr_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>)
  target_compile_options(prunedamr_${name} PRIVATE -Wall -Wextra)
  if(ARG_COLD)
    target_compile_options(prunedamr_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  prunedamr_unity(prunedamr_${name} 10 ALL)
  if(PRUNEDAMR_FUZZ)
    target_compile_options(prunedamr_${name} PRIVATE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
    target_link_options(prunedamr_${name} INTERFACE -fsanitize=address,undefined)
  endif()
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(prunedamr_${name} PUBLIC prunedamr_${used})
  endforeach()
  target_link_libraries(prunedamr_${name} PUBLIC ${ARG_LINKS})
endfunction()

# prunedamr_library(NAME TARGET name MODULES module ... HEADERS public/header.h ... USES library ...)
# Two libraries of the same objects: the shared one that is installed, TARGET, which exports the public headers'
# declarations; and prunedamr_<name>_all, static, for programs, tests and bindings of this tree, which may use everything.
# What a shared library needs of the private parts of another is linked into it, and stays hidden there.
function(prunedamr_library name)
  cmake_parse_arguments(ARG "" "TARGET;EXPORT_NAME" "MODULES;HEADERS;USES" ${ARGN})
  add_library(${ARG_TARGET} SHARED)
  add_library(prunedamr_${name}_all STATIC)
  foreach(module IN LISTS ARG_MODULES)
    target_link_libraries(${ARG_TARGET} PRIVATE prunedamr_${module})
    target_link_libraries(prunedamr_${name}_all PRIVATE prunedamr_${module})
  endforeach()
  foreach(used IN LISTS ARG_USES)
    get_target_property(shared prunedamr_${used}_all PRUNEDAMR_SHARED)
    target_link_libraries(${ARG_TARGET} PUBLIC ${shared})
    target_link_libraries(prunedamr_${name}_all PUBLIC prunedamr_${used}_all)
  endforeach()
  foreach(used IN LISTS ARG_USES) # behind the shared ones: only what those do not export
    target_link_libraries(${ARG_TARGET} PRIVATE $<BUILD_INTERFACE:prunedamr_${used}_all>)
    target_link_options(${ARG_TARGET} PRIVATE -Wl,--exclude-libs,libprunedamr_${used}_all.a)
  endforeach()
  foreach(target ${ARG_TARGET} prunedamr_${name}_all)
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>)
    target_compile_features(${target} PUBLIC cxx_std_17)
  endforeach()
  target_link_options(${ARG_TARGET} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/lib/exports.map)
  set_target_properties(${ARG_TARGET} PROPERTIES
    EXPORT_NAME ${ARG_EXPORT_NAME} VERSION ${PROJECT_VERSION} SOVERSION 0 LINK_DEPENDS ${PROJECT_SOURCE_DIR}/lib/exports.map)
  set_target_properties(prunedamr_${name}_all PROPERTIES PRUNEDAMR_SHARED ${ARG_TARGET})
  list(TRANSFORM ARG_HEADERS PREPEND ${PROJECT_SOURCE_DIR}/lib/prunedamr/)
  target_sources(${ARG_TARGET} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/lib FILES ${ARG_HEADERS})
  set_property(GLOBAL APPEND PROPERTY PRUNEDAMR_PUBLIC_HEADERS ${ARG_HEADERS})
endfunction()

# prunedamr_test(NAME SOURCES a.cpp ... LINKS target ... [LABELS label ...] [BY_SUITE]): one GoogleTest program, one CTest
# case per test; BY_SUITE one per suite, for programs that take long to start (LibTorch: half a second).
function(prunedamr_test name)
  cmake_parse_arguments(ARG "BY_SUITE" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  # What a test computes is small: -O1 compiles it in three quarters of the time.
  target_compile_options(${name} PRIVATE -Wall -Wextra $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  if(NOT ARG_BY_SUITE)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
    return()
  endif()
  set(suites "")
  foreach(source IN LISTS ARG_SOURCES)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} tests REGEX "^(TEST|TEST_F|TEST_P|TYPED_TEST)\\(")
    list(TRANSFORM tests REPLACE "^[A-Z_]+\\(([A-Za-z0-9]+),.*" "\\1")
    list(APPEND suites ${tests})
  endforeach()
  list(REMOVE_DUPLICATES suites)
  foreach(suite IN LISTS suites)
    add_test(NAME ${suite} COMMAND ${name} --gtest_filter=${suite}.*:*/${suite}.*:${suite}/*)
    set_tests_properties(${suite} PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
  endforeach()
endfunction()
