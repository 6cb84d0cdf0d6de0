# SPDX-License-Identifier: GPL-3.0-or-later

# prunedamr_python_dir(INTERPRETER RESULT): where modules are installed for it, relative to the prefix.
# PRUNEDAMR_PYTHON_DIR, given by hand, goes before.
function(prunedamr_python_dir interpreter result)
  if(NOT DEFINED PRUNEDAMR_PYTHON_DIR)
    # A directory of the prefix that this Python already searches (Debian: dist-packages), else the standard one.
    execute_process(
      COMMAND ${interpreter} -c "
import os, sys, sysconfig
prefix = os.path.normpath('${CMAKE_INSTALL_PREFIX}')
searched = [p for p in sys.path if p.endswith('-packages') and os.path.normpath(os.path.join(p, '../../..')) == prefix]
standard = sysconfig.get_path('platlib', 'posix_prefix', {'base': prefix, 'platbase': prefix})
print(os.path.relpath((searched + [standard])[0], prefix))"
      OUTPUT_VARIABLE PRUNEDAMR_PYTHON_DIR OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  endif()
  set(${result} ${PRUNEDAMR_PYTHON_DIR} PARENT_SCOPE)
endfunction()
