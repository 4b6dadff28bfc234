"""A stranger's project against the package: finds it by CMake, builds the program, asks it a question."""
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class Test(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if not can_run(self):
            return
        with open(os.path.join(self.build_folder, "hours.md"), "w", encoding="ascii") as f:
            f.write("# Hours\n\nThe harbour office opens at seven in the morning.\n")
        program = os.path.join(self.cpp.build.bindir, "ask")
        self.run(f'"{program}" hours.md "When does the harbour office open?" | grep "seven in the morning"',
                 env="conanrun", cwd=self.build_folder)
