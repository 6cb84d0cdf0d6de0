# SPDX-License-Identifier: GPL-3.0-or-later
# What find_package(prunedamr) and pkg-config find: libraries and their public headers.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/prunedamr)

# prunedamr_install(TARGET export): a library and its headers.
function(prunedamr_install target export)
  install(TARGETS ${target} EXPORT ${export}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
  install(EXPORT ${export} NAMESPACE prunedamr:: DESTINATION ${package_dir} COMPONENT development)
endfunction()

prunedamr_install(prunedamr prunedamrTargets)
prunedamr_install(prunedamr-tools prunedamrToolsTargets)
if(PRUNEDAMR_HAVE_TRAIN)
  prunedamr_install(prunedamr-train prunedamrTrainTargets)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/prunedamrConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT development)

file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/prunedamr.pc.in ${CMAKE_CURRENT_BINARY_DIR}/prunedamr.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/prunedamr.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)
