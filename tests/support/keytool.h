// keytool: what Java reads in a keystore. Entry points: REQUIRE_KEYTOOL, list_keystore.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/required.h"
#include "support/temp_dir.h"

namespace support {

struct Output {
  int exit_code = 0;
  std::string text{};
};

// The command's standard output; `command` is a line for the shell.
inline Output output_of(const std::string& command) {
  Output output;
  FILE* pipe = popen(command.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    output.text += static_cast<char>(c);
  }
  output.exit_code = pclose(pipe);
  return output;
}

inline bool has_keytool() {
  return output_of("command -v keytool").exit_code == 0;
}

// What `keytool -list -v` says of a PKCS#12 keystore, errors included. The password goes by the
// environment.
inline Output list_keystore(std::string_view keystore, std::string_view password) {
  const TempDir dir;
  const auto file = dir.write("keystore.p12", keystore);
  setenv("KEYSTORE_PASSWORD", std::string(password).c_str(), 1);
  const Output output =
      output_of("keytool -J-Duser.language=en -list -v -storetype PKCS12 -keystore " +
                file.string() + " -storepass:env KEYSTORE_PASSWORD 2>&1");
  unsetenv("KEYSTORE_PASSWORD");
  return output;
}

}  // namespace support

// Skips the test without a Java runtime; with REQUIRE_ENVTEST it fails.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): it must return from the test.
#define REQUIRE_KEYTOOL()                                                                  \
  if (!support::has_keytool()) {                                                           \
    if (support::coverage_is_required()) FAIL() << "no keytool; run hack/deps.sh";         \
    GTEST_SKIP() << "NOT TESTED: no keytool; run hack/deps.sh, or install a Java runtime"; \
  }                                                                                        \
  static_cast<void>(0)
