# SPDX-License-Identifier: GPL-3.0-or-later
"""The type stub says what the module has: the same names, with the same parameters, and no others."""

import ast
import inspect
import unittest
from pathlib import Path

import prunedamr

PACKAGE = Path(prunedamr.__file__).parent
STUB = ast.parse((PACKAGE / "__init__.pyi").read_text())


def parameters(function):
    """[(name, is keyword-only, default or ...)] of a parsed function, without self."""
    spec = function.args
    defaults = [None] * (len(spec.args) - len(spec.defaults)) + spec.defaults
    pairs = [(a, d, False) for a, d in zip(spec.args, defaults)]
    pairs += [(a, d, True) for a, d in zip(spec.kwonlyargs, spec.kw_defaults)]
    return [(a.arg, only, ... if d is None else ast.literal_eval(d)) for a, d, only in pairs if a.arg != "self"]


def signature(function):
    """The parsed first line of a docstring, where pybind11 writes the signature."""
    return ast.parse("def " + function.__doc__.splitlines()[0] + ": ...").body[0]


def public(names):
    return {name for name in names if not name.startswith("_")}


def members(cls):
    """Its own functions and properties by name, and __init__ where it has one."""
    return {name: value for name, value in vars(cls).items() if name in public(vars(cls)) or name == "__init__"}


class Stub(unittest.TestCase):
    def setUp(self):
        self.classes = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}

    def test_names_of_the_module(self):
        named = public(self.classes) | {node.name for node in STUB.body if isinstance(node, ast.FunctionDef)}
        named |= {a.asname for node in STUB.body if isinstance(node, ast.ImportFrom) for a in node.names if a.asname}
        there = {name for name, value in vars(prunedamr).items() if not inspect.ismodule(value)}
        self.assertEqual(public(named), public(there))
        self.assertTrue((PACKAGE / "py.typed").is_file())

    def test_functions(self):
        for node in STUB.body:
            if isinstance(node, ast.FunctionDef):
                self.assertEqual(parameters(node), parameters(signature(getattr(prunedamr, node.name))), node.name)

    def test_classes(self):
        for name, node in self.classes.items():
            if name == "Error":
                continue
            cls = getattr(prunedamr._prunedamr, name)
            with self.subTest(name):
                self.assertEqual([base.id for base in node.bases],
                                 [base.__name__ for base in cls.__bases__ if base.__module__ == "prunedamr"])
                self.compare(node, members(cls))

    def compare(self, node, there):
        said = {item.name: item for item in node.body}
        if node.name.startswith("_"):
            there.pop("__init__", None)  # pybind11's, which refuses
        self.assertEqual(set(said), set(there))
        for name, item in said.items():
            is_property = any(getattr(decorator, "id", "") == "property" for decorator in item.decorator_list)
            self.assertEqual(is_property, isinstance(there[name], property), name)
            self.assertTrue(there[name].__doc__, name)
            if not is_property:
                self.assertEqual(parameters(item), parameters(signature(there[name])), name)

    def test_signatures_are_told_apart(self):
        one, other = (ast.parse("def f(self, a, *, b=%d): ..." % b).body[0] for b in (1, 2))
        self.assertEqual(parameters(one), [("a", False, ...), ("b", True, 1)])
        self.assertNotEqual(parameters(one), parameters(other))


if __name__ == "__main__":
    unittest.main()
