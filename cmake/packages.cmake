# Everything is in Debian 12; hack/deps.sh installs it.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson 3.0 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(date REQUIRED)  # time zones, from the system's tzdata
find_package(PkgConfig REQUIRED)
# hogweed is nettle's part with public keys; it computes with GMP.
pkg_check_modules(nettle REQUIRED IMPORTED_TARGET hogweed nettle gmp)
# pkg-config carries the CPPHTTPLIB_* definitions that the shared library was built with.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
