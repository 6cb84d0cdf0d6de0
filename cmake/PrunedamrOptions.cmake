# SPDX-License-Identifier: GPL-3.0-or-later
# Options and the packages behind them. Each optional part is AUTO|ON|OFF:
# AUTO builds it where its packages are found, ON fails where they are not.

option(BUILD_TESTING "Build the tests" ON)

option(PRUNEDAMR_FUZZ "Build the libFuzzer programs of tests/fuzz, everything with AddressSanitizer (clang)" OFF)
if(PRUNEDAMR_FUZZ AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "PRUNEDAMR_FUZZ needs clang: -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++")
endif()

set_property(GLOBAL PROPERTY PRUNEDAMR_SUMMARY "")

# prunedamr_part(NAME "description" FOUND_VAR "Debian packages"): decides PRUNEDAMR_HAVE_<NAME>.
function(prunedamr_part name description found packages)
  set(PRUNEDAMR_${name} AUTO CACHE STRING "${description} (AUTO|ON|OFF)")
  set_property(CACHE PRUNEDAMR_${name} PROPERTY STRINGS AUTO ON OFF)
  set(have OFF)
  if(PRUNEDAMR_${name} STREQUAL "OFF")
    set(line "no   (switched off by PRUNEDAMR_${name}=OFF)")
  elseif(${found})
    set(have ON)
    set(line "yes")
  elseif(PRUNEDAMR_${name} STREQUAL "ON")
    message(FATAL_ERROR "PRUNEDAMR_${name}=ON, but its packages are missing. On Debian: apt-get install ${packages}")
  else()
    set(line "no   (apt-get install ${packages})")
  endif()
  set(PRUNEDAMR_HAVE_${name} ${have} PARENT_SCOPE)
  string(SUBSTRING "${description}                              " 0 30 padded)
  set_property(GLOBAL APPEND_STRING PROPERTY PRUNEDAMR_SUMMARY "\n     ${padded} ${line}")
endfunction()

function(prunedamr_summary)
  get_property(summary GLOBAL PROPERTY PRUNEDAMR_SUMMARY)
  message(STATUS "gr-prunedamr ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}${summary}\n")
endfunction()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)

# Live wing: VOLK, FFTW, liquid-dsp, ZeroMQ.
find_package(Volk QUIET CONFIG)
pkg_check_modules(FFTW3F QUIET IMPORTED_TARGET fftw3f)
find_library(FFTW3F_THREADS_LIBRARY fftw3f_threads)
pkg_check_modules(ZMQ QUIET IMPORTED_TARGET libzmq)
find_library(LIQUID_LIBRARY liquid)
find_path(LIQUID_INCLUDE_DIR liquid/liquid.h)
find_path(CPPZMQ_INCLUDE_DIR zmq.hpp)
if(Volk_FOUND AND FFTW3F_FOUND AND ZMQ_FOUND AND LIQUID_LIBRARY AND LIQUID_INCLUDE_DIR AND CPPZMQ_INCLUDE_DIR)
  set(_live ON)
else()
  set(_live OFF)
endif()
prunedamr_part(LIVE "receiver and synthesis" _live "libvolk-dev (Debian 12: libvolk2-dev) libfftw3-dev libliquid-dev libzmq3-dev cppzmq-dev")
if(LIQUID_LIBRARY AND NOT TARGET liquid::liquid)
  add_library(liquid::liquid UNKNOWN IMPORTED)
  set_target_properties(liquid::liquid PROPERTIES IMPORTED_LOCATION ${LIQUID_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${LIQUID_INCLUDE_DIR})
endif()

pkg_check_modules(SOAPY QUIET IMPORTED_TARGET SoapySDR)
prunedamr_part(SOAPY "radios by SoapySDR" SOAPY_FOUND "libsoapysdr-dev")

# Debian's dnnl-config.cmake asks for OpenCL headers, which a CPU engine does not need: find the library itself.
find_library(DNNL_LIBRARY dnnl)
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
if(DNNL_LIBRARY AND DNNL_INCLUDE_DIR)
  set(_onednn ON)
  add_library(onednn::onednn UNKNOWN IMPORTED)
  set_target_properties(onednn::onednn PROPERTIES IMPORTED_LOCATION ${DNNL_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
else()
  set(_onednn OFF)
endif()
prunedamr_part(ONEDNN "oneDNN backend of the engine" _onednn "libdnnl-dev")

if(NOT CMAKE_CROSSCOMPILING) # CMake asks h5cc, which answers for the machine that builds
  find_package(HDF5 QUIET COMPONENTS C)
endif()
prunedamr_part(HDF5 "HDF5 data sets" HDF5_FOUND "libhdf5-dev")

pkg_check_modules(MATIO QUIET IMPORTED_TARGET matio)
prunedamr_part(MATIO "MATLAB data sets" MATIO_FOUND "libmatio-dev")

if(NOT CMAKE_CROSSCOMPILING) # and pybind11 the interpreter
  find_package(Gnuradio 3.10 QUIET COMPONENTS blocks)
  find_package(pybind11 QUIET)
endif()
if(Gnuradio_FOUND AND pybind11_FOUND AND PRUNEDAMR_HAVE_LIVE)
  set(_gnuradio ON)
else()
  set(_gnuradio OFF)
endif()
if(pybind11_FOUND AND PRUNEDAMR_HAVE_LIVE)
  set(_python ON)
else()
  set(_python OFF)
endif()
prunedamr_part(PYTHON "Python module" _python "pybind11-dev python3-dev python3-numpy")
prunedamr_part(GNURADIO "GNU Radio blocks" _gnuradio "gnuradio-dev pybind11-dev")

if(PRUNEDAMR_TRAIN STREQUAL "OFF")
  set(Torch_FOUND OFF)
else()
  find_package(Torch QUIET)
endif()
prunedamr_part(TRAIN "training and pruning" Torch_FOUND "libtorch-dev libgloo-dev libopenblas-dev")

if(PRUNEDAMR_HAVE_TRAIN)
  find_path(GLOO_INCLUDE_DIR gloo/transport/device.h HINTS ${TORCH_INCLUDE_DIRS})
  get_target_property(_torch_definitions torch_cpu INTERFACE_COMPILE_DEFINITIONS)
  if(GLOO_INCLUDE_DIR AND "USE_C10D_GLOO" IN_LIST _torch_definitions)
    set(_processes ON)
  else()
    set(_processes OFF)
  endif()
  prunedamr_part(PROCESSES "training in many processes" _processes "libgloo-dev, with a LibTorch that has c10d")
endif()
