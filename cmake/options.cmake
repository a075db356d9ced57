# Language level, warnings, hardening and sanitizers, the same for every target.
option(DUPLICERT_TESTS "build the tests" ON)
option(DUPLICERT_CLUSTER_TESTS "build the tests with a control plane and the benchmarks" ON)
option(DUPLICERT_WERROR "treat warnings as errors (set in CI)" OFF)
option(DUPLICERT_FUZZ "build the libFuzzer targets (clang only)" OFF)
set(DUPLICERT_SANITIZE "" CACHE STRING "value for -fsanitize=, for example address,undefined")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -fstack-protector-strong
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(DUPLICERT_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_compile_options(-Wthread-safety)
endif()
if(DUPLICERT_SANITIZE)
  add_compile_options(-fsanitize=${DUPLICERT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all
    # They take a quarter of the time to compile: AddressSanitizer reports a null pointer that is
    # followed, and x86-64 and ARMv8 do not mind where a value lies.
    -fno-sanitize=null,alignment
    # GCC warns of paths that only the sanitizer's own code makes (gcc.gnu.org, Instrumentation).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> -Wno-null-dereference)
  add_link_options(-fsanitize=${DUPLICERT_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL Release)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS
    -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    add_compile_options(-mbranch-protection=standard)
  endif()
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -pie)
