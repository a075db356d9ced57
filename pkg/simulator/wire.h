// Wire: the JSON of the service, written from its documents alone. Pure.
// Shapes: dev.digicert.com, services-api (orders/list-orders, orders/order-info,
// orders/list-duplicates, requests/request-info, organizations, products, users, account).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "simulator/lifecycle.h"
#include "simulator/model.h"

namespace simulator::wire {

// RFC 3339 with "+00:00".
std::string timestamp(base::TimePoint time);
// LF to CR LF, as PEM comes from the service.
std::string crlf(const std::string& text);

// An order and what its JSON quotes.
struct OrderFacts {
  OrderView view{};
  Product product{};
  std::optional<Organization> organization{};  // none for DV
  Container container{};
  User user{};
  std::vector<CertRequest> requests{};
  std::vector<Note> notes{};
  bool show_links = true;  // false: what renewed what is left out
};

nlohmann::json order_row(const OrderFacts& facts, base::TimePoint now);
nlohmann::json order_info(const OrderFacts& facts, base::TimePoint now);
nlohmann::json duplicate_row(const Copy& copy, const User& user, base::TimePoint now);

nlohmann::json request_row(const CertRequest& request, const User& requester,
                           const std::optional<User>& processor);
// `copy` is the certificate that the service shows with the request: not always the right one.
nlohmann::json request_info(const CertRequest& request, const User& requester,
                            const std::optional<User>& processor, const OrderFacts& facts,
                            base::TimePoint now);

nlohmann::json user(const User& user, const Container& container);
nlohmann::json account(const Account& account, const std::optional<Organization>& primary,
                       Id root_container);
enum class Validations { kLeaveOut, kInclude };
nlohmann::json organization(const Organization& organization, const Container& container,
                            Validations validations, base::TimePoint now);
nlohmann::json product_row(const Product& product);
nlohmann::json product_info(const Product& product);
nlohmann::json domain(const Domain& domain, base::TimePoint now);
nlohmann::json note(const Note& note, const User& user);
nlohmann::json page(std::size_t total, std::size_t limit, std::size_t offset);

}  // namespace simulator::wire
