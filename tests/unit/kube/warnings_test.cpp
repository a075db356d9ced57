#include "kube/warnings.h"

#include <gtest/gtest.h>

namespace {

TEST(Warnings, LogEachTextOnce) {
  kube::Warnings warnings;
  const http::Response response{.status = 200,
                                .headers = {{"Warning", R"(299 - "unknown field \"a\"")"},
                                            {"warning", R"(299 - "deprecated")"},
                                            {"Warning", R"(199 - "other")"},
                                            {"Warning", "299"},
                                            {"X-Other", R"(299 - "x")"}}};

  EXPECT_EQ(warnings.log_new(response), 2);
  EXPECT_EQ(warnings.log_new(response), 0);
}

}  // namespace
