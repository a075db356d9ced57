#include "api/names.h"

#include <gtest/gtest.h>

namespace {

TEST(Names, OfPendingSecretsComeFromTheRequest) {
  EXPECT_EQ(api::pending_secret_name("shop"), "shop-pending");
}

TEST(Names, OfBackupsCarrySixteenDigitsOfTheFingerprint) {
  EXPECT_EQ(api::backup_secret_name("shop-tls", "0123456789abcdef0123"),
            "shop-tls-before-0123456789abcdef");
}

}  // namespace
