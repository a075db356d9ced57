#include "x509/pem.h"

#include <string>

#include <gtest/gtest.h>

namespace x509 {
namespace {

TEST(Pem, WritesWhatItReads) {
  for (std::size_t size : {1U, 47U, 48U, 49U, 96U, 1000U}) {
    const std::string der(size, '\x5a');

    const auto blocks = pem_blocks(to_pem("THING", der), {"THING"});

    ASSERT_TRUE(blocks);
    ASSERT_EQ(blocks->size(), 1U);
    EXPECT_EQ(blocks->front().der, der);
  }
}

TEST(Pem, LinesHaveAtMost64Characters) {
  EXPECT_EQ(to_pem("X", std::string(49, 'a')),
            "-----BEGIN X-----\n"
            "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\nYQ==\n"
            "-----END X-----\n");
}

TEST(Pem, SkipsOtherBlocksUndecoded) {
  const std::string text =
      "-----BEGIN OTHER-----\n!!!\n-----END OTHER-----\n" + to_pem("THING", "abc");

  const auto blocks = pem_blocks(text, {"THING"});

  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 1U);
  EXPECT_EQ(blocks->front().label, "THING");
}

TEST(Pem, ABlockWithoutEndIsInvalid) {
  EXPECT_FALSE(pem_blocks("-----BEGIN THING-----\nYWJj\n", {"THING"}));
}

TEST(Pem, ABlockOfNothingIsInvalid) {
  EXPECT_FALSE(pem_blocks("-----BEGIN THING-----\n-----END THING-----\n", {"THING"}));
}

TEST(Pem, ABlockThatIsNotBase64IsInvalid) {
  EXPECT_FALSE(pem_blocks("-----BEGIN THING-----\nYW*j\n-----END THING-----\n", {"THING"}));
}

TEST(Pem, NoBlockIsAnEmptyList) {
  EXPECT_TRUE(pem_blocks("plain text ----- with dashes -----BEGIN", {"THING"})->empty());
}

}  // namespace
}  // namespace x509
