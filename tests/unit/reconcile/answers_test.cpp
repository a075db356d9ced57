#include "reconcile/answers.h"

#include <gtest/gtest.h>

namespace reconcile {
namespace {

using Post = rules::CaView::Post;

Answer accepted() {
  return {.post = Post::kAccepted,
          .awaits_approval = true,
          .certificate_id = 7,
          .chain_pem = "PEM",
          .ended_at = {}};
}

TEST(Answers, KnowNothingOfAKeyThatWasNeverSent) {
  EXPECT_FALSE(Answers{}.get("key"));
}

TEST(Answers, TellWhatWasPutLast) {
  Answers answers;
  answers.put("key", {.post = Post::kNotSent});

  answers.put("key", accepted());

  EXPECT_EQ(answers.get("key")->post, Post::kAccepted);
  EXPECT_EQ(answers.get("key")->certificate_id, 7);
  EXPECT_FALSE(answers.get("another key"));
}

TEST(Answers, ForgetAKeyAlone) {
  Answers answers;
  answers.put("key", accepted());
  answers.put("another key", accepted());

  answers.forget("key");

  EXPECT_FALSE(answers.get("key"));
  EXPECT_TRUE(answers.get("another key"));
}

TEST(Answers, StillKnowThatThePostWasAcceptedWhenTheCertificateWasWrong) {
  Answers answers;
  answers.put("key", accepted());

  answers.forget_certificate("key");

  EXPECT_EQ(answers.get("key")->post, Post::kAccepted);
  EXPECT_TRUE(answers.get("key")->awaits_approval);
  EXPECT_EQ(answers.get("key")->certificate_id, 0);
  EXPECT_EQ(answers.get("key")->chain_pem, "");
}

TEST(Answers, DoNotMakeUpAnAnswerWhenTheyForgetACertificate) {
  Answers answers;

  answers.forget_certificate("key");

  EXPECT_FALSE(answers.get("key"));
}

}  // namespace
}  // namespace reconcile
