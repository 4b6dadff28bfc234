# An overlay port that builds the tree it lies in: vcpkg install sextant --overlay-ports=packaging/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS options FEATURES tool SEXTANT_BUILD_TOOL)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${options} -DSEXTANT_BUILD_TESTS=OFF -DSEXTANT_BUILD_EXAMPLES=OFF -DSEXTANT_BUILD_BINDINGS=OFF
    -DCMAKE_INSTALL_LIBDIR=lib)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/sextant)
vcpkg_fixup_pkgconfig()
vcpkg_copy_pdbs()

# the build gives both forms of the library; a triplet wants one
if(VCPKG_LIBRARY_LINKAGE STREQUAL "static")
  set(other "libsextant.so*")
else()
  set(other "libsextant.a")
endif()
file(GLOB surplus "${CURRENT_PACKAGES_DIR}/lib/${other}" "${CURRENT_PACKAGES_DIR}/debug/lib/${other}")
if(surplus)
  file(REMOVE ${surplus})
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
if("tool" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES sextant AUTO_CLEAN)
endif()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
