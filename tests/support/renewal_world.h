// Renewals end to end: certificates that are due now, in Secrets as Duplicert left them.
#pragma once

#include <string>
#include <vector>

#include "support/e2e_world.h"

namespace support {

struct Copy {
  std::string namespace_{};  // empty: the first of the test
  std::string name = "shop";
  std::int64_t order_id = 12345;
  std::string common_name = "shop.example.com";
  std::string issued_ago = "178d";
  std::string profile = "basic";
  std::string spec{};   // further lines, two spaces indented
  bool is_ours = true;  // the Secret has Duplicert's marks
};

class RenewalTest : public E2eTest {
 protected:
  std::string seed_file() const override;

  // The CA and a profile with its key; nothing works on them yet.
  void begin(const ProfileOptions& profile = {});
  // Requests, each with a Secret that holds a duplicate issued long ago, applied at once.
  void install(const std::vector<Copy>& copies);
  // The flags that renewals need: a ledger of the test's own, short settle windows.
  std::vector<std::string> flags(const std::string& settle_window = "8s") const;
  void start(const std::vector<std::string>& more_flags = {});

  // The number of the order whose duplicate the Secret holds, as the CA knows it; 0: none.
  std::int64_t order_in(const std::string& name, const std::string& namespace_ = {});
  // Waits until the request's status tells of that order.
  void wait_order(std::int64_t order_id, const std::string& name = "shop",
                  const std::string& namespace_ = {},
                  std::chrono::seconds at_most = std::chrono::seconds{60});
  // Waits until the condition Renewing has this reason, and returns its message.
  std::string wait_renewing(const std::string& reason, const std::string& name = "shop",
                            const std::string& namespace_ = {});
  std::string wait_renewing_within(const std::string& reason, std::chrono::seconds at_most,
                                   const std::string& name = "shop",
                                   const std::string& namespace_ = {});
  // The entries of the ledger.
  std::vector<nlohmann::json> ledger();
  // What the CA knows of orders: all, or those that renew another one.
  std::vector<nlohmann::json> orders_at_ca();
  std::size_t renewals_of(std::int64_t order_id);
  // Nothing was placed, and nothing is: seen over a while in which the operator works.
  void expect_no_purchase();
  // The simulator saw nothing that a client of duplicates must never do.
  void expect_clean();
};

}  // namespace support
