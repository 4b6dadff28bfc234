"""Builds the raw module against an installed libsextant, found through pkg-config; SWIG makes the wrapper."""

import os
import shlex
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
SWIG = os.path.join(os.path.dirname(HERE), "swig")


def pkg_config(option):
    try:
        return shlex.split(subprocess.check_output(["pkg-config", option, "sextant"], text=True))
    except (OSError, subprocess.CalledProcessError) as problem:
        raise SystemExit(f"sextant: libsextant is not installed where pkg-config finds it ({problem}); install it first, or "
                         "set PKG_CONFIG_PATH") from problem


class WrapFirst(build_py):
    """Runs SWIG before the Python files are gathered, because it writes one of them."""

    def run(self):
        include = pkg_config("--variable=includedir")
        os.makedirs(os.path.join(HERE, "build"), exist_ok=True)
        subprocess.check_call([
            "swig", "-Wall", "-python", "-threads", *(f"-I{folder}" for folder in include), f"-I{SWIG}", "-outdir",
            os.path.join(HERE, "sextant"), "-o", os.path.join(HERE, "build", "capi_wrap.c"),
            os.path.join(SWIG, "sextant.i"),
        ])
        super().run()


setup(
    cmdclass={"build_py": WrapFirst},
    ext_modules=[Extension("sextant._capi", ["build/capi_wrap.c"], extra_compile_args=pkg_config("--cflags"),
                           extra_link_args=pkg_config("--libs"))],
)
