// World: what the handlers of one call work with. Values of one call; used under Service's lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "http/server.h"
#include "simulator/faults.h"
#include "simulator/issuer.h"
#include "simulator/refusal.h"
#include "simulator/store.h"

namespace simulator {

// Who calls: the key, its user, and the account of both.
struct Caller {
  ApiKey key{};
  User user{};
  Account account{};
  Id root_container = 0;
};

// One call on its way through a handler.
struct Exchange {
  const http::ServerRequest& request;
  std::vector<std::string> parameters{};  // the parts of the path that the route leaves open
  const nlohmann::json& body;             // an object; empty without a body
  std::string_view operation{};
  Caller caller{};
  // Told to the journal:
  bool took_effect = false;
  Id order_id = 0;
  std::string faults{};                 // names of the switches that acted
  std::vector<Violation> violations{};  // filled with operation, path and key by the server
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
};

struct World {
  Store& store;
  const Issuer& issuer;
  Faults& faults;
  base::TimePoint now{};

  // Asks a switch and notes in the exchange that it acted.
  bool fires(Fault fault, Exchange& exchange) const;
  std::chrono::milliseconds delay(Fault fault, Exchange& exchange) const;
};

// The error body of the service: {"errors":[{"code","message"}]}.
Answer refuse(const Refusal& refusal);
Refusal not_found(std::string_view what);  // "order": not_found|order
Refusal internal(const base::Error& error);
// An answer with a JSON body; loose_types acts here.
Answer json_answer(const World& world, Exchange& exchange, int status, nlohmann::json body);
// A listing: {"<name>": rows}, or {} when empty_body acts on no rows.
Answer list_answer(const World& world, Exchange& exchange, std::string_view name,
                   nlohmann::json rows);
Answer no_content();

// The whole text as a positive number.
std::optional<Id> parse_id(std::string_view text);
// The order with this id, if it is of the caller's account and visible to its user.
std::optional<Order> find_order(const World& world, const Exchange& exchange, std::string_view id);
// The product as the account has it: without duplicates if the account has them switched off.
std::optional<Product> find_product(const World& world, const Account& account,
                                    std::string_view name_id);
void note_violation(Exchange& exchange, std::string_view operation, std::string detail);

}  // namespace simulator
