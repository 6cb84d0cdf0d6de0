#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the documentation as a static site, from which nothing is fetched elsewhere when it is read.

    tools/docs/make_site.py SITE [--programs build/bin] [--python build/python] [--headers FILE[:FILE]...]

Every page that can be reached from docs/index.md is in it, with what the pages link to. With programs also the page of
every option; with the Python module and with public headers (which needs doxygen) their references. Needs mkdocs.
"""

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

SOURCE = Path(__file__).resolve().parents[2]
MOVED = {"docs/index.md": "index.md", "README.md": "readme.md"}  # the map is the site's first page, as mkdocs would make of README.md
LINK = re.compile(r"\]\(([^)\s]+)\)")
CONFIG = """\
site_name: gr-prunedamr
docs_dir: {pages}
site_dir: {site}
use_directory_urls: false
theme: {{name: readthedocs, highlightjs: false, navigation_depth: 2}}
plugins: [search]
markdown_extensions: [sane_lists]
nav:
{nav}"""


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)


def linked_files(page):
    """Files of the tree that a page links to."""
    for target in LINK.findall(without_code(page.read_text())):
        path = target.split("#")[0]
        if path and not re.match(r"[a-z]+:", path):
            yield (page.parent / path).resolve()


def reachable():
    """Every file that is reached by links from the map of the documentation, which comes first."""
    found = [SOURCE / "docs" / "index.md"]
    for page in found:
        if page.suffix == ".md":
            found += [path for path in dict.fromkeys(linked_files(page)) if path.is_file() and path not in found]
    return found


def roff_text(line):
    """Plain text of a line of a manual page."""
    line = re.sub(r"\\f[BIRP]", "", line)
    for mark, text in (("\\:", ""), ("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"), ("\\&", ""), ("\\e", "\\")):
        line = line.replace(mark, text)
    return line.strip()


def manual_as_markdown(program, roff):
    """The manual page that a program makes from its table of options, as Markdown."""
    lines, term = [], False
    for line in roff.splitlines():
        if line.startswith((".SH ", ".SS ")):
            name = roff_text(line[4:].strip('"'))
            lines.append("\n%s %s\n" % ("###" if line.startswith(".SS") else "##", name[0] + re.sub("[A-Z]+", lambda word: word[0].lower(), name[1:])))
        elif line == ".TP":
            term = True
        elif line.startswith("."):
            lines.append("")
        elif re.fullmatch(r"\\fB.*:\\fR", line) and not term:
            lines.append("\n### %s\n" % roff_text(line).rstrip(":"))
        elif term:
            lines.append("- **%s**  " % markdown_safe(roff_text(line)))
            term = False
        else:
            indent = "    " if lines and lines[-1].startswith(("- ", "    ")) else ""
            lines.append(indent + markdown_safe(roff_text(line)) + ("" if indent else "\n"))
    return "# Every option of %s\n\nMade from the program's own table.\n%s\n" % (program, "\n".join(lines))


def markdown_safe(text):
    return re.sub(r"([\\`*_\[\]#])", r"\\\1", html.escape(text, quote=False))


def add_options(pages, programs):
    links = []
    for program in ("prunedamr-rx", "prunedamr"):
        roff = subprocess.run([Path(programs) / program, "--print-man"], capture_output=True, text=True, check=True).stdout
        (pages / ("docs/options-%s.md" % program)).write_text(manual_as_markdown(program, roff))
        links.append("[options of %s](docs/options-%s.md)" % (program, program))
    return links


def add_python(pages, module):
    """The reference of the Python module, by pydoc."""
    folder = pages / "reference" / "python"
    folder.mkdir(parents=True)
    done = subprocess.run([sys.executable, "-m", "pydoc", "-w", "prunedamr"], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(Path(module).resolve())})
    made = folder / "prunedamr.html"
    if done.returncode or not made.exists():
        sys.exit("make_site.py: the Python module cannot be described: %s" % (done.stderr or done.stdout).strip())
    made.write_text(re.sub(r'<a href="(?:file:|builtins|prunedamr\.\w+\.html|\.)[^"]*">(.*?)</a>', r"\1", made.read_text()))
    return ["[Python](reference/python/prunedamr.html)"]


def add_cpp(pages, headers):
    """The reference of the public headers, by Doxygen."""
    folder = pages / "reference"
    settings = {"PROJECT_NAME": "gr-prunedamr", "INPUT": " ".join(headers.split(":")), "OUTPUT_DIRECTORY": folder,
                "HTML_OUTPUT": "cpp", "GENERATE_LATEX": "NO", "FULL_PATH_NAMES": "YES", "STRIP_FROM_PATH": SOURCE / "lib",
                "EXTRACT_ALL": "YES", "QUIET": "YES", "WARNINGS": "NO", "SEARCHENGINE": "NO", "HTML_TIMESTAMP": "NO",
                "JAVADOC_AUTOBRIEF": "YES", "HAVE_DOT": "NO", "SHOW_INCLUDE_FILES": "NO", "VERBATIM_HEADERS": "NO"}
    subprocess.run(["doxygen", "-"], input="".join("%s = %s\n" % item for item in settings.items()), text=True, check=True)
    return ["[C++](reference/cpp/index.html)"]


def navigation(index):
    """The map's headings, and the pages below each, as mkdocs has it."""
    lines = ["  - Map: index.md"]
    for section, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", index, re.M | re.S):
        pages = [(title if title in path else title[0].upper() + title[1:], path) for title, path in re.findall(r"\[([^\]]+)\]\(([^)#]+)\)", text) if path.endswith(".md")]
        lines.append('  - "%s":' % section)
        lines += ['      - "%s": %s' % (" ".join(title.split()), path) for title, path in pages]
    return "\n".join(lines) + "\n"


def with_links_moved(text, folder, new_folder):
    """A page's text whose links from `folder` lead from `new_folder` to where their pages are in the site."""

    def moved(link):
        path, mark, anchor = link[1].partition("#")
        at = os.path.normpath(os.path.join(folder, path))
        if not path or re.match(r"[a-z]+:", path) or (folder == new_folder and at not in MOVED):
            return link[0]
        return "](%s%s%s)" % (os.path.relpath(MOVED.get(at, at), new_folder or "."), mark, anchor)

    return LINK.sub(moved, text)


def stage(pages, arguments):
    """Lays out the pages as they stand in the tree, except those of MOVED; returns the map."""
    for path in reachable():
        place = str(path.relative_to(SOURCE))
        target = pages / MOVED.get(place, place)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        if path.suffix == ".md":
            new_place = target.relative_to(pages)
            target.write_text(with_links_moved(path.read_text(), os.path.dirname(place), os.path.dirname(new_place)))
    index = (pages / "index.md").read_text()
    options = add_options(pages, arguments.programs) if arguments.programs else []
    references = add_cpp(pages, arguments.headers) if arguments.headers else []
    references += add_python(pages, arguments.python) if arguments.python else []
    for name, links in (("options", options), ("references", references)):
        index = index.replace("<!-- site: %s -->" % name, "On this site: %s." % ", ".join(links) if links else "")
    (pages / "index.md").write_text(index)
    return index


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    for option in ("--programs", "--python", "--headers"):
        parser.add_argument(option)
    arguments = parser.parse_args()
    site = arguments.site
    if site.exists() and not (site.is_dir() and ((site / "sitemap.xml").is_file() or not any(site.iterdir()))):
        sys.exit("make_site.py: %s: found other files, expected an empty folder or an earlier site, which is replaced" % site)
    with tempfile.TemporaryDirectory() as scratch:
        pages = Path(scratch) / "pages"
        pages.mkdir()
        index = stage(pages, arguments)
        config = Path(scratch) / "mkdocs.yml"
        config.write_text(CONFIG.format(pages=pages, site=site.resolve(), nav=navigation(index)))
        mkdocs = shutil.which("mkdocs") or sys.exit("make_site.py: mkdocs is not installed (apt-get install mkdocs)")
        made = subprocess.run([mkdocs, "build", "--strict", "--config-file", config], capture_output=True, text=True)
        if made.returncode:
            sys.exit("make_site.py: " + made.stderr.strip())


if __name__ == "__main__":
    one_line.run(main)
