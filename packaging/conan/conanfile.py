"""The conan recipe, built from the tree it lies in: conan create packaging/conan [-o sextant/*:shared=True]

SQLite, libsodium, utf8proc, libstemmer and Jansson come from the system (tools.system.package_manager:mode=install lets conan
install them), because the library must not bring a second copy of SQLite into a host that has one."""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rm, rmdir
from conan.tools.system.package_manager import Apt, Dnf


class Sextant(ConanFile):
    name = "sextant"
    license = "MIT"
    description = "Answers from your own documents, inside your own process"
    topics = ("retrieval", "language-model", "privacy", "embedded")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "tool": [True, False]}
    default_options = {"shared": True, "fPIC": True, "tool": True}
    languages = "C"
    required_conan_version = ">=2.0"

    def set_version(self):
        header = load(self, os.path.join(self.root, "include", "sextant.h"))
        self.version = re.search(r'#define LLM_VERSION\s+"([^"]+)"', header).group(1)

    @property
    def root(self):
        return os.path.dirname(os.path.dirname(self.recipe_folder))

    def export_sources(self):
        for folder in ("bindings", "examples", "include", "pkgconfig", "share", "src"):
            copy(self, "*", os.path.join(self.root, folder), os.path.join(self.export_sources_folder, folder))
        for file in ("CMakeLists.txt", "LICENSE"):
            copy(self, file, self.root, self.export_sources_folder)

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")
        else:
            self.options.tool = False  # the command needs the shared library

    def system_requirements(self):
        libraries = ["sqlite3", "sodium", "utf8proc", "stemmer"] + (["jansson"] if self.options.tool else [])
        Apt(self).install([f"lib{name}-dev" for name in libraries] + ["pkg-config"], update=False, check=True)
        Dnf(self).install(["sqlite-devel", "libsodium-devel", "utf8proc-devel", "libstemmer-devel", "jansson-devel"],
                          check=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in ("TESTS", "EXAMPLES", "BINDINGS"):
            toolchain.cache_variables[f"SEXTANT_BUILD_{name}"] = False
        toolchain.cache_variables["SEXTANT_BUILD_TOOL"] = bool(self.options.tool)
        toolchain.cache_variables["CMAKE_INSTALL_LIBDIR"] = "lib"
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        lib = os.path.join(self.package_folder, "lib")
        rmdir(self, os.path.join(lib, "cmake"))  # conan makes its own
        rmdir(self, os.path.join(lib, "pkgconfig"))
        if self.options.shared:
            rm(self, "libsextant.a", lib)
        else:
            rm(self, "libsextant.so*", lib)

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "sextant")
        self.cpp_info.set_property("cmake_target_name", "sextant::sextant")
        self.cpp_info.set_property("pkg_config_name", "sextant")
        self.cpp_info.libs = ["sextant"]
        if not self.options.shared:
            self.cpp_info.system_libs = ["sqlite3", "sodium", "utf8proc", "stemmer", "m", "pthread"]
