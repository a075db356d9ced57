// FakeCa: a certcentral::CaApi in memory that records its calls. Entry points: orders, duplicates,
// fail_next, calls(). Thread-safe once the first call is made; set the data up before.
// For tests of what calls the CA; how the wire looks is the simulator's business.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "certcentral/ca_api.h"

namespace support {

class FakeCa final : public certcentral::CaApi {
 public:
  // What the CA has. list_orders shows these without their details.
  std::vector<certcentral::Order> orders{};
  std::map<certcentral::OrderId, std::vector<certcentral::Duplicate>> duplicates{};
  std::map<certcentral::CertificateId, std::string> certificates{};  // PEM
  certcentral::User user{};
  std::vector<certcentral::Product> products{};
  std::vector<certcentral::Organization> organizations{};
  std::vector<certcentral::OrderId> changed{};  // what status_changes tells of

  // "list_orders", "order 12345", ... in the order in which they were made.
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::size_t count(const std::string& call) const {
    const std::vector<std::string> made = calls();
    return static_cast<std::size_t>(std::ranges::count(made, call));
  }
  // The next call, whichever it is, ends with this.
  void fail_next(base::Error error) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::move(error));
  }
  // The next call of that name ends with this.
  void fail_call(const std::string& call, base::Error error) {
    const std::lock_guard lock(mutex_);
    failing_.insert_or_assign(call, std::move(error));
  }
  // Until open() every call waits at the door, counted but not answered.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  // Blocks until so many calls have been made, answered or not.
  void wait_for_calls(std::size_t at_least) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_.size() >= at_least; });
  }

  base::Result<certcentral::User> user_me(std::stop_token) override {
    return answer("user_me", [&] { return base::Result<certcentral::User>(user); });
  }
  base::Result<std::vector<certcentral::Organization>> list_organizations(
      const certcentral::OrganizationFilter&, std::stop_token) override {
    return answer("list_organizations", [&] {
      return base::Result<std::vector<certcentral::Organization>>(organizations);
    });
  }
  base::Result<certcentral::Organization> organization(certcentral::OrganizationId id,
                                                       std::stop_token) override {
    return answer("organization " + std::to_string(id),
                  [&] { return found(organizations, &certcentral::Organization::id, id); });
  }
  base::Result<certcentral::Product> product(const std::string& name_id, std::stop_token) override {
    return answer("product " + name_id,
                  [&] { return found(products, &certcentral::Product::name_id, name_id); });
  }
  base::Result<std::vector<certcentral::OrderSummary>> list_orders(
      const certcentral::OrderFilter& filter, std::stop_token) override {
    return answer(filter.created_from ? "list_orders since" : "list_orders", [&] {
      std::vector<certcentral::OrderSummary> rows;
      for (const certcentral::Order& order : orders) {
        if (!filter.created_from || order.date_created >= filter.created_from)
          rows.push_back(row_of(order));
      }
      std::ranges::reverse(rows);
      std::ranges::stable_sort(rows, std::ranges::greater{},
                               &certcentral::OrderSummary::date_created);
      return base::Result<std::vector<certcentral::OrderSummary>>(rows);
    });
  }
  base::Result<certcentral::Order> order(certcentral::OrderId id, std::stop_token) override {
    return answer("order " + std::to_string(id),
                  [&] { return found(orders, &certcentral::Order::id, id); });
  }
  base::Result<certcentral::Order> order_by_serial(const std::string& serial_number,
                                                   std::stop_token) override {
    return answer("order_by_serial " + serial_number, [&]() -> base::Result<certcentral::Order> {
      for (const certcentral::Order& order : orders) {
        if (order.certificate.serial_number == serial_number) return order;
      }
      return not_found();
    });
  }
  base::Result<certcentral::Submission> submit_duplicate(certcentral::OrderId id,
                                                         const certcentral::DuplicateRequest&,
                                                         std::stop_token) override {
    return answer("submit_duplicate " + std::to_string(id), [&] {
      return base::Result<certcentral::Submission>(certcentral::Submission{.order_id = id});
    });
  }
  base::Result<std::vector<certcentral::Duplicate>> list_duplicates(certcentral::OrderId id,
                                                                    std::stop_token) override {
    return answer("list_duplicates " + std::to_string(id), [&] {
      const auto at = duplicates.find(id);
      return base::Result<std::vector<certcentral::Duplicate>>(
          at == duplicates.end() ? std::vector<certcentral::Duplicate>{} : at->second);
    });
  }
  base::Result<std::string> download_certificate(certcentral::CertificateId id,
                                                 std::stop_token) override {
    return answer("download_certificate " + std::to_string(id), [&]() -> base::Result<std::string> {
      const auto at = certificates.find(id);
      if (at == certificates.end()) return not_found();
      return at->second;
    });
  }
  base::Result<certcentral::ApprovalRequest> request(certcentral::RequestId id,
                                                     std::stop_token) override {
    return answer("request " + std::to_string(id),
                  [&]() -> base::Result<certcentral::ApprovalRequest> { return not_found(); });
  }
  // Nothing in these tests may buy: the call stands in calls(), and is refused.
  base::Result<certcentral::Submission> submit_order(const certcentral::OrderRequest&,
                                                     std::stop_token) override {
    return answer("submit_order", []() -> base::Result<certcentral::Submission> {
      return base::fail(base::Code::kPermissionDenied, "FakeCa sells nothing");
    });
  }
  base::Result<std::vector<certcentral::OrderReference>> orders_by_alternative_id(
      const std::string& alternative_order_id, std::stop_token) override {
    return answer("orders_by_alternative_id " + alternative_order_id, [&] {
      std::vector<certcentral::OrderReference> rows;
      for (const certcentral::Order& order : orders) {
        if (order.alternative_order_id == alternative_order_id)
          rows.push_back({.order_id = order.id});
      }
      return base::Result<std::vector<certcentral::OrderReference>>(rows);
    });
  }
  base::Result<std::vector<certcentral::StatusChange>> status_changes(std::chrono::minutes,
                                                                      std::stop_token) override {
    return answer("status_changes", [&] {
      std::vector<certcentral::StatusChange> rows;
      for (const certcentral::OrderId id : changed) {
        const auto at = std::ranges::find(orders, id, &certcentral::Order::id);
        rows.push_back({.order_id = id});
        if (at == orders.end()) continue;
        rows.back().certificate_id = at->certificate.id;
        rows.back().status_text = at->status_text;
      }
      return base::Result<std::vector<certcentral::StatusChange>>(rows);
    });
  }
  std::optional<std::chrono::seconds> clock_skew() const override { return std::nullopt; }

 private:
  static std::unexpected<base::Error> not_found() {
    return base::fail(base::Code::kNotFound, "not_found: there is none");
  }

  template <class T, class Member, class Value>
  static base::Result<T> found(const std::vector<T>& all, Member member, const Value& value) {
    const auto at = std::ranges::find(all, value, member);
    if (at == all.end()) return not_found();
    return *at;
  }

  static certcentral::OrderSummary row_of(const certcentral::Order& order) {
    certcentral::OrderSummary row;
    row.id = order.id;
    row.status = order.status;
    row.status_text = order.status_text;
    row.certificate = {.id = order.certificate.id,
                       .common_name = order.certificate.common_name,
                       .dns_names = order.certificate.dns_names,
                       .valid_till = order.certificate.valid_till};
    row.product_name_id = order.product_name_id;
    row.organization_id = order.organization_id;
    row.date_created = order.date_created;
    return row;
  }

  template <class Make>
  auto answer(std::string call, const Make& make) -> decltype(make()) {
    std::unique_lock lock(mutex_);
    calls_.push_back(call);
    changed_.notify_all();
    changed_.wait(lock, [&] { return !closed_; });
    if (const auto at = failing_.find(call); at != failing_.end()) {
      base::Error error = std::move(at->second);
      failing_.erase(at);
      return std::unexpected(std::move(error));
    }
    if (!failures_.empty()) {
      base::Error error = std::move(failures_.front());
      failures_.pop_front();
      return std::unexpected(std::move(error));
    }
    return make();
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> calls_{};
  std::deque<base::Error> failures_{};
  std::map<std::string, base::Error> failing_{};
  bool closed_ = false;
};

}  // namespace support
