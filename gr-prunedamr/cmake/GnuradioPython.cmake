# SPDX-License-Identifier: GPL-3.0-or-later
# PRUNEDAMR_GNURADIO_PYTHON: the interpreter that imports gnuradio and that pybind11 builds for; another python
# may come first in PATH. PRUNEDAMR_PYTHON_DIR: where modules are installed, relative to the prefix.

if(NOT PRUNEDAMR_GNURADIO_PYTHON)
  foreach(candidate IN ITEMS "${Python3_EXECUTABLE}" "${PYTHON_EXECUTABLE}" /usr/bin/python3 python3)
    if(NOT candidate)
      continue()
    endif()
    execute_process(
      COMMAND ${candidate} -c
              "import sys, sysconfig; from gnuradio import gr; print(sys.executable + ';' + sysconfig.get_config_var('EXT_SUFFIX'))"
      OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      list(GET answer 1 suffix)
      if(suffix STREQUAL PYTHON_MODULE_EXTENSION)
        list(GET answer 0 executable)
        set(PRUNEDAMR_GNURADIO_PYTHON ${executable} CACHE FILEPATH "Python that imports gnuradio")
        break()
      endif()
    endif()
  endforeach()
endif()

if(NOT PRUNEDAMR_GNURADIO_PYTHON)
  set(problem "no Python that imports gnuradio and takes *${PYTHON_MODULE_EXTENSION} modules: no bindings, no GRC blocks. \
Name it with -DPYTHON_EXECUTABLE=/usr/bin/python3")
  if(PRUNEDAMR_GNURADIO STREQUAL "ON")
    message(FATAL_ERROR "${problem}")
  endif()
  message(WARNING "${problem}")
  return()
endif()

prunedamr_python_dir(${PRUNEDAMR_GNURADIO_PYTHON} PRUNEDAMR_PYTHON_DIR)
