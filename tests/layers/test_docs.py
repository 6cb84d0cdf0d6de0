# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation agrees with itself and with the tree, and its site fetches nothing from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock
from urllib.parse import unquote

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools" / "docs"))
import errors
import make_site

PROGRAMS = os.environ.get("PRUNEDAMR_PROGRAMS")  # their folder, where both are built
PAGES = [*(SOURCE / "docs").rglob("*.md"), *(SOURCE / "models").glob("*.md"), *SOURCE.glob("*.md"), *(SOURCE / "examples").rglob("*.md")]


def anchors(page):
    """As GitHub makes them of headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-") for heading in headings}


class Documents(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        for page in PAGES:
            for target in make_site.LINK.findall(make_site.without_code(page.read_text())):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                with self.subTest(page=str(page.relative_to(SOURCE)), target=target):
                    self.assertTrue(file.exists())
                    if anchor and file.suffix == ".md":
                        self.assertIn(anchor, anchors(file))

    def test_every_page_for_users_is_on_the_map(self):
        self.assertEqual(set((SOURCE / "docs" / "user").glob("*.md")) - set(make_site.reachable()), set())

    def test_every_field_of_an_event_is_explained(self):
        page = (SOURCE / "docs" / "user" / "event.md").read_text()
        fields, measured = page.split("## What is measured\n")

        def explained(section):
            return {key for row in re.findall(r"^\| (`.*?) \|", section, re.M) for key in re.findall(r"`(\w+)`", row)}

        schema = (SOURCE / "lib" / "prunedamr" / "stream" / "label_event_fields.h").read_text()
        self.assertEqual(explained(fields), set(re.findall(r'visit\("(\w+)"', schema)))
        names = (SOURCE / "lib" / "prunedamr" / "measure" / "measurement.cpp").read_text().split("quantity_name")[1].split("};")[0]
        self.assertEqual(explained(measured.split("\n## ")[0]), set(re.findall(r'"(\w+)"', names)))

    def test_the_pictures_of_errors_are_those_of_the_cards(self):
        for name, draw in (("accuracy", errors.draw_accuracy), ("confusion", errors.draw_confusion)):
            self.assertEqual((SOURCE / "docs" / (name + ".svg")).read_text(), draw(), "run tools/docs/errors.py")


class Page(HTMLParser):
    """What a browser fetches for a page, where its links lead, and its anchors."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.links, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes.get("id"), attributes.get("name")}
        if tag == "a":
            self.links.append(attributes.get("href") or "")
        elif tag in ("script", "img", "iframe", "source", "embed"):
            self.fetched.append(attributes.get("src") or "")
        elif tag == "link" and attributes.get("rel") != "canonical":
            self.fetched.append(attributes.get("href") or "")


@unittest.skipUnless(shutil.which("mkdocs"), "mkdocs is not installed")
class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.site = Path(temporary.name) / "site"
        programs = ["--programs", PROGRAMS] if PROGRAMS else []
        made = subprocess.run([SOURCE / "tools" / "docs" / "make_site.py", cls.site, *programs], capture_output=True, text=True, timeout=250)
        if made.returncode or made.stderr:
            raise AssertionError(made.stdout + made.stderr)
        cls.pages = {path.resolve(): Page(path.read_text()) for path in cls.site.rglob("*.html")}

    def test_nothing_is_fetched_from_elsewhere(self):
        self.assertGreater(len(self.pages), 20)
        for path, page in self.pages.items():
            for address in page.fetched:
                self.assertNotRegex(address, r"^(\w+:)?//", path)
        for path in self.site.rglob("*.css"):
            self.assertNotRegex(path.read_text(), r"(url\(|@import)\s*['\"]?(\w+:)?//", path)

    def test_every_link_leads_somewhere(self):
        for path, page in self.pages.items():
            for link in page.links:
                target, _, anchor = unquote(link).partition("#")
                if path.name == "404.html" or re.match(r"\w+:", target):
                    continue
                file = (path.parent / target).resolve() if target else path
                with self.subTest(page=path.name, link=link):
                    self.assertTrue(file.exists())
                    if anchor and file in self.pages:
                        self.assertIn(anchor, self.pages[file].ids)

    @unittest.skipUnless(PROGRAMS, "the programs are not built")
    def test_pages_of_options_show_no_markup(self):
        pages = [path for path in self.pages if path.name.startswith("options-")]
        self.assertEqual(len(pages), 2)
        for path in pages:
            text = path.read_text()
            self.assertNotRegex(text, r"\\[(<>|f]|\*\*")
        self.assertIn("<strong>--help, -h</strong>", text)


@unittest.skipUnless(shutil.which("mkdocs"), "mkdocs is not installed")
class SiteOfAnotherTree(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.tree, self.site = Path(temporary.name) / "tree", Path(temporary.name) / "site"
        (self.tree / "docs" / "user").mkdir(parents=True)
        self.write("docs/index.md", "# Map\n\n## Start\n\n- [First](user/first.md), [elsewhere](https://example.org/a)\n")
        self.write("docs/user/first.md", "# First\n\n[README](../../README.md#build), [map](../index.md)\n")
        self.write("README.md", "# All\n\n[map](docs/index.md), [first](docs/user/first.md)\n\n## Build\n")

    def write(self, name, text):
        (self.tree / name).write_text(text)

    def make(self):
        with mock.patch.object(make_site, "SOURCE", self.tree), mock.patch.object(sys, "argv", ["make_site.py", str(self.site)]):
            make_site.main()

    def links(self, page):
        return Page((self.site / page).read_text()).links

    def test_links_lead_to_the_readme_to_the_map_and_elsewhere(self):
        self.make()
        self.assertIn("https://example.org/a", self.links("index.html"))
        self.assertIn("docs/user/first.html", self.links("index.html"))
        self.assertLessEqual({"../../readme.html#build", "../../index.html"}, set(self.links("docs/user/first.html")))
        self.assertLessEqual({"index.html", "docs/user/first.html"}, set(self.links("readme.html")))

    def test_only_an_earlier_site_is_replaced(self):
        self.make()
        (self.site / "old.html").write_text("old")
        self.make()
        self.assertFalse((self.site / "old.html").exists())
        (self.site / "sitemap.xml").unlink()
        (self.site / "theirs").write_text("kept")
        with self.assertRaisesRegex(SystemExit, r"\Amake_site.py: [^\n]*site: found other files[^\n]*\Z"):
            self.make()
        self.assertEqual((self.site / "theirs").read_text(), "kept")


if __name__ == "__main__":
    unittest.main()
