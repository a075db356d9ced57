// Seed: the YAML file that a simulator starts from. Entry point: parse_seed.
// Pure: text and the instant to which relative dates refer in, values out.
// The format is described in docs/simulator.md; hack/demo/seed.yaml is a full example.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "simulator/model.h"

namespace simulator {

struct SeedKey {
  ApiKey key{};
  // True: `api_key: generate`; the text goes to DATA/<file> with mode 0600 and only its hash to
  // the state.
  bool generate = false;
  std::string file = "api-key";
};

// One earlier duplicate of a seeded order.
struct SeedDuplicate {
  base::TimePoint issued_at{};
  bool revoked = false;
};

// What has become of a seeded order.
enum class SeedState { kIssued, kNeedsApproval, kRejected, kReissuePending };

struct SeedOrder {
  Order order{};
  SeedState state = SeedState::kIssued;
  base::TimePoint issued_at{};
  base::TimePoint valid_till{};  // of the primary certificate
  bool revoked = false;          // the primary
  std::vector<SeedDuplicate> duplicates{};
};

struct SeedAccount {
  Account account{};
  std::vector<Container> containers{};
  std::vector<User> users{};
  std::vector<SeedKey> keys{};
  std::vector<Organization> organizations{};
  std::vector<Domain> domains{};
  std::vector<Product> products{};
  std::vector<SeedOrder> orders{};
};

struct Seed {
  std::int64_t next_order_id = 900'000'001;
  std::int64_t next_certificate_id = 77'000'001;
  std::int64_t next_request_id = 61'000'001;
  std::vector<SeedAccount> accounts{};
};

// Reads a seed. Dates are RFC 3339, "YYYY-MM-DD", or relative to `now`: "-179d", "+20d".
// kInvalid names the field: "seed: accounts[0].orders[2].issued: ...". Unknown fields, ids that
// repeat, and references to things that the seed does not have are errors too.
base::Result<Seed> parse_seed(std::string_view yaml, base::TimePoint now);

}  // namespace simulator
