# SPDX-License-Identifier: GPL-3.0-or-later
# What find_package(prunedamr) finds: libraries, headers, targets. Headers of parts that are not built, and those that
# include what only this build needs, stay here.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/prunedamr)

set(header_modules ${common})
install(TARGETS prunedamr EXPORT prunedamrTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development)
install(EXPORT prunedamrTargets NAMESPACE prunedamr:: DESTINATION ${package_dir})
if(PRUNEDAMR_HAVE_WORKSHOP)
  list(APPEND header_modules ${workshop})
  install(TARGETS prunedamr-workshop EXPORT prunedamrWorkshopTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT prunedamrWorkshopTargets NAMESPACE prunedamr:: DESTINATION ${package_dir})
endif()
list(TRANSFORM header_modules PREPEND prunedamr/)
install(DIRECTORY ${header_modules} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/prunedamr
        FILES_MATCHING PATTERN "*.h"
        PATTERN "hdf5_*.h" EXCLUDE PATTERN "onednn_*.h" EXCLUDE PATTERN "polyphase.h" EXCLUDE)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/prunedamrConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/prunedamrConfigVersion.cmake
        DESTINATION ${package_dir})
