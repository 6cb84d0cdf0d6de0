# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for what other processes do to the files of a folder, told of each change by inotify(7). Standard library
only."""

import ctypes
import os
import select
import time

MODIFY, CLOSE_WRITE, MOVED_TO, CREATE = 0x2, 0x8, 0x80, 0x100


def wait_until(folder, condition, what, timeout_s=10.0):
    """Until `condition()`, which is asked at first and whenever a file in the folder (not below) has changed."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_CLOEXEC)
    try:
        if libc.inotify_add_watch(watch, os.fsencode(folder), MODIFY | CLOSE_WRITE | MOVED_TO | CREATE) < 0:
            raise OSError(ctypes.get_errno(), "cannot watch %s" % folder)
        end = time.monotonic() + timeout_s
        while not condition():
            if not select.select([watch], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError("waited %g s in vain for %s" % (timeout_s, what))
            os.read(watch, 65536)
    finally:
        os.close(watch)
