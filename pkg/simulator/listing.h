// Listing: the query language of CertCentral's listings: filters[...], sort, limit, offset.
// Query and the functions on it are pure. Source: dev.digicert.com,
// services-api/orders/list-orders.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "http/server.h"
#include "simulator/lifecycle.h"
#include "simulator/world.h"

namespace simulator {

class Query {
 public:
  explicit Query(const http::ServerRequest& request) : request_(request) {}

  // The first value of filters[name]. Of repeated filters the rest is ignored.
  std::optional<std::string> filter(const std::string& name) const;
  std::optional<std::string> plain(const std::string& name) const;
  bool has_filters() const;
  std::size_t limit() const;   // 1000 is the default and the maximum
  std::size_t offset() const;  // 0 by default

 private:
  const http::ServerRequest& request_;
};

// Whether a date fits "a...b", ">a", ">=a", "<a", "<=a" or "a" (that day). Ends of ranges are
// inclusive, and a date without a time means its start. Text that is no date fits nothing.
bool fits_dates(base::TimePoint time, std::string_view range);

// What filters look at.
struct ListedOrder {
  OrderView view{};
  std::string status{};
  std::string email{};  // of the user who placed it
};

// Whether the order fits every filter that the service documents; unknown filters are ignored.
// The filter status=issued also lets expired orders pass, as the service does.
bool fits_filters(const ListedOrder& order, const Query& query, base::TimePoint now);

// Sorts by a comma list of order_id, id, date_created, valid_till, common_name, status,
// product_name_id; "-" in front: descending. Empty: newest first.
void sort_orders(std::vector<ListedOrder>& orders, std::string_view keys, base::TimePoint now);

// Cuts `rows` to the page that was asked for and adds "page". empty_body and shuffled_order act.
Answer paged_answer(const World& world, Exchange& exchange, std::string_view name,
                    nlohmann::json rows);
// Puts the rows into any order when shuffled_order acts.
void shuffle_rows(const World& world, Exchange& exchange, nlohmann::json& rows);

}  // namespace simulator
