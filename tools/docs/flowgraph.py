#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of docs/user/gnuradio.md: the window of examples/watch_file.grc once a recording has filled it. Needs no display.

    prunedamr synth scene --scene tools/docs/waterfall.json --format ci16_le --out scene.sigmf-meta
    PYTHONPATH=build/gr-prunedamr/python GRC_BLOCKS_PATH=grc tools/docs/flowgraph.py scene.sigmf-meta docs/gnuradio.png
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(meta, picture):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PyQt5 import QtCore, QtGui, QtWidgets

    told = json.loads(Path(meta).read_text())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["grcc", "-o", folder, ROOT / "examples" / "watch_file.grc"], check=True, stdout=subprocess.DEVNULL)
        sys.path.insert(0, folder)
        program = importlib.import_module("watch_file")
        app = QtWidgets.QApplication(sys.argv[:1])
        window = program.watch_file(capture=str(Path(meta).with_suffix(".sigmf-data")), center_freq=told["captures"][0].get("core:frequency", 0.0),
                                    samp_rate=told["global"]["core:sample_rate"], model=str(ROOT / "models" / "onair-m.safetensors"))
        window.resize(1000, 560)
        waterfall = window.waterfall.qwidget()
        window.start()
        window.show()

        def look():
            if len(waterfall.rows) == waterfall.rows.maxlen:
                app.quit()

        timer = QtCore.QTimer()
        timer.timeout.connect(look)
        timer.start(50)
        app.exec_()
        window.grab().toImage().convertToFormat(QtGui.QImage.Format_Indexed8).save(picture)  # small
        window.stop()
        window.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
