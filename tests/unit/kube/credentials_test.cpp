#include "kube/credentials.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace {

using base::SecretString;
using kube::TokenSource;

class FileToken : public testing::Test {
 protected:
  FileToken() : path_(testing::TempDir() + "duplicert_token_" + std::to_string(getpid())) {}
  ~FileToken() override { std::filesystem::remove(path_); }

  void write(const std::string& text) { std::ofstream(path_, std::ios::trunc) << text; }
  std::string read(TokenSource& source) {
    const auto token = source.token();
    return token ? std::string(token->expose()) : "error";
  }

  std::string path_;
  support::FakeClock clock_{};
};

TEST_F(FileToken, IsTrimmedAndKeptForItsLifetime) {
  write(" one\n");
  TokenSource source({}, path_, clock_);
  EXPECT_EQ(read(source), "one");

  write("two");
  clock_.advance(TokenSource::kFileLifetime - std::chrono::milliseconds{1});
  EXPECT_EQ(read(source), "one");
  clock_.advance(std::chrono::milliseconds{1});
  EXPECT_EQ(read(source), "two");
}

TEST_F(FileToken, IsReadAgainAfterARefusal) {
  write("one");
  TokenSource source({}, path_, clock_);
  EXPECT_EQ(read(source), "one");
  write("two");

  EXPECT_TRUE(source.drop(SecretString("one")));

  EXPECT_EQ(read(source), "two");
}

TEST_F(FileToken, StaysWhenAnOlderOneWasRefused) {
  write("one");
  TokenSource source({}, path_, clock_);
  EXPECT_EQ(read(source), "one");
  write("two");

  source.drop(SecretString("an older one"));

  EXPECT_EQ(read(source), "one");
}

TEST_F(FileToken, StaysWhenTheFileCannotBeReadLater) {
  write("one");
  TokenSource source({}, path_, clock_);
  EXPECT_EQ(read(source), "one");
  std::filesystem::remove(path_);

  clock_.advance(TokenSource::kFileLifetime);

  EXPECT_EQ(read(source), "one");
}

TEST_F(FileToken, IsAnErrorIfThereNeverWasOne) {
  for (const char* text : {"", " \n"}) {
    write(text);
    TokenSource source({}, path_, clock_);
    const auto token = source.token();
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, base::Code::kUnauthenticated);
  }
}

TEST_F(FileToken, WinsOverText) {
  write("file");
  TokenSource source(SecretString("text"), path_, clock_);

  EXPECT_EQ(read(source), "file");
}

TEST(TokenText, IsGivenAsItIsAndCannotBeRenewed) {
  const support::FakeClock clock;
  TokenSource source(SecretString("text"), "", clock);

  EXPECT_EQ(source.token()->expose(), "text");
  EXPECT_FALSE(source.drop(SecretString("text")));
}

}  // namespace
