"""What the docstrings show is what happens: their examples run, and everything public has a docstring. Examples that open
"m.gguf" get the tests' tiny model under that name."""

import doctest
import importlib
import inspect
import os
import pkgutil
import shutil
import tempfile
import unittest

import sextant

MODEL = os.environ.get("SX_TINY_MODEL", "")
EXAMPLES = ("Adapter", "Cancel", "Context", "Corpus", "Evidence", "Guard", "GuardStream", "Model", "Reply", "Sampling", "Tree",
            "Vault", "Verdict", "build_info", "dequantize", "guard_types", "quantize", "version")
OPTIONAL = {"sextant.langchain", "sextant.llamaindex"}  # each needs a package of its own: see test_adapters.py


def modules():
    names = [f"sextant.{m.name}" for m in pkgutil.iter_modules(sextant.__path__)]
    return [sextant] + [importlib.import_module(n) for n in names if n not in OPTIONAL | {"sextant.capi", "sextant._capi"}]


class Docs(unittest.TestCase):
    def run_one(self, runner, test):
        if not MODEL and "m.gguf" in test.docstring:
            print(f"SKIPPED the example of {test.name}: SX_TINY_MODEL is not set")
            return 0
        here, told = os.getcwd(), []
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                if MODEL:
                    shutil.copy(MODEL, "m.gguf")
                result = runner.run(test, out=told.append)
            finally:
                os.chdir(here)
        self.assertEqual(result.failed, 0, "".join(told))
        return result.attempted

    def test_examples_run(self):
        ran = 0
        finder = doctest.DocTestFinder(exclude_empty=True)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        for module in modules():
            for test in finder.find(module, extraglobs={"sextant": sextant, "os": os}):
                with self.subTest(test.name):
                    ran += self.run_one(runner, test)
        self.assertGreater(ran, 20)

    def test_handles_and_functions_have_examples(self):
        for name in EXAMPLES:
            self.assertIn(">>>", getattr(sextant, name).__doc__ or "", f"sextant.{name} shows no example")

    def test_everything_public_has_a_docstring(self):
        for name in sextant.__all__:
            thing = getattr(sextant, name)
            self.assertTrue(inspect.getdoc(thing), f"sextant.{name} has no docstring")
            if not inspect.isclass(thing):
                continue
            for method, member in vars(thing).items():
                if not method.startswith("_") and (callable(member) or isinstance(member, (property, classmethod))):
                    self.assertTrue(inspect.getdoc(member), f"sextant.{name}.{method} has no docstring")


if __name__ == "__main__":
    unittest.main()
