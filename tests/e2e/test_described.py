# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages and shell completions, which the programs make from their tables of options."""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

PROGRAMS = {"prunedamr-rx": os.environ["PRUNEDAMR_RX"], "prunedamr": os.environ["PRUNEDAMR_TOOL"]}


def run(*command, **keywords):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, **keywords)


def printed(program, *arguments):
    result = run(PROGRAMS[program], *arguments)
    if result.returncode != 0 or result.stderr:
        raise AssertionError("%s %s: %s" % (program, arguments, result.stderr))
    return result.stdout


def options(text):
    return set(re.findall(r"--[a-z][a-z0-9-]+", text))


class Case(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class Manual(Case):
    def test_it_has_every_option_that_help_has(self):
        for program, subcommands in (("prunedamr-rx", [[], ["ctl"]]), ("prunedamr", [[], ["synth", "scene"], ["data", "import"]])):
            page = printed(program, "--print-man").replace("\\-", "-")
            for words in subcommands:
                found = options(printed(program, *words, "--help"))
                self.assertGreater(len(found), 2)
                self.assertEqual(found - options(page), set(), (program, words))
            self.assertNotIn("--print-man", page)

    def test_it_has_the_values_that_help_as_a_value_lists(self):
        page = printed("prunedamr-rx", "--print-man")
        for form in ("rtl_tcp:HOST[:PORT]", "mqtt://HOST[:PORT][/TOPIC]", ";qos=0..2", "ci16_le"):
            self.assertIn(".TP\n\\fB%s\\fR\n" % form, page)

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_man_shows_it_without_a_warning(self):
        for program in PROGRAMS:
            page = self.write(program + ".1", printed(program, "--print-man"))
            shown = run("man", "--warnings", "-l", page, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            self.assertRegex(shown.stdout, r"\n *%s - \w" % program)


    def test_every_option_says_of_what_kind_its_text_is(self):
        """Outputs are told from inputs by it; CLI11's own "TEXT" is of an option that nobody thought about."""
        for program in PROGRAMS:
            page = printed(program, "--print-man")
            self.assertEqual(re.findall(r".*fR TEXT(?!:)\b.*", page), [])
            self.assertIn(" FILE", page)


class Completion(Case):
    def test_a_shell_that_is_not_named_is_asked_for(self):
        result = run(PROGRAMS["prunedamr"], "--print-completion")
        self.assertEqual((result.returncode, result.stderr),
                         (2, "prunedamr: --print-completion: found no value, expected bash, zsh or fish (see --help)\n"))

    def test_an_unknown_shell_is_refused_in_a_line(self):
        result = run(PROGRAMS["prunedamr"], "--print-completion", "csh")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertRegex(result.stderr, r"\A[^\n]*found csh, expected bash, zsh or fish[^\n]*\n\Z")

    def test_shells_can_read_it(self):
        for shell in filter(shutil.which, ("bash", "zsh", "fish")):
            for program in PROGRAMS:
                script = self.write(program + "." + shell, printed(program, "--print-completion", shell))
                checked = run(shell, "-n", script)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""), (shell, program))

    def completed(self, program, typed):
        """The arguments that an interactive bash calls `program` with after `typed`, a tab and a return."""
        script = self.write(program, printed(program, "--print-completion", "bash"))
        answer = self.folder / "answer"
        rc = self.write("rc", "PS1=\nbind 'set enable-bracketed-paste off'\nbind 'set completion-query-items 0'\n"
                        "source %s\n%s() { printf '%%s\\n' \"$@\" > %s.part; mv %s.part %s; }\n"
                        % (script, program, answer, answer, answer))
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execvp("bash", ["bash", "--noprofile", "--rcfile", str(rc), "-i"])
        os.write(terminal, ("%s %s\t\n" % (program, typed)).encode())
        deadline = time.monotonic() + 30
        while not answer.exists() and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.05)[0]:
                os.read(terminal, 4096)
        os.write(terminal, b"exit\n")
        os.close(terminal)
        os.waitpid(child, 0)
        words = answer.read_text().splitlines()
        answer.unlink()
        return words

    def test_bash_completes_options_values_subcommands_and_files(self):
        self.write("capture.sigmf-meta", "")
        for program, typed, words in (
            ("prunedamr-rx", "--watch-m", ["--watch-model"]),
            ("prunedamr-rx", "--backend one", ["--backend", "onednn"]),
            ("prunedamr-rx", "--backend=one", ["--backend=onednn"]),
            ("prunedamr-rx", "--source rtl", ["--source", "rtl_tcp:"]),
            ("prunedamr-rx", "--source capt", ["--source", "capture.sigmf-meta"]),
            ("prunedamr-rx", "capt", ["capture.sigmf-meta"]),
            ("prunedamr-rx", "--rate capt", ["--rate", "capt"]),
            ("prunedamr-rx", "ctl thr", ["ctl", "threshold"]),
            ("prunedamr-rx", "ct", ["ctl"]),
            ("prunedamr", "quant", ["quantize"]),
            ("prunedamr", "synth sc", ["synth", "scene"]),
            ("prunedamr", "synth scene --sig", ["synth", "scene", "--signals"]),
            ("prunedamr", "synth --front-end auto", ["synth", "--front-end", "auto_band"]),
        ):
            with self.subTest(typed=typed):
                self.assertEqual(self.completed(program, typed), words)


if __name__ == "__main__":
    unittest.main()
