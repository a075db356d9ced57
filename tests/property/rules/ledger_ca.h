// The CA of a ledger_world: orders that lag in its listing, are issued later or rejected, and what
// becomes of a POST. What must hold when it takes an order is checked here. Internal to
// ledger_world.h.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "property/rules/ledger_schedule.h"
#include "rules/decide.h"

namespace ledger_world {

class Ca {
 protected:
  explicit Ca(const Schedule& schedule) : schedule_(schedule) {}

  struct CaOrder {
    rules::OrderFacts facts{};
    std::string key{};  // empty: somebody else's
    std::string attempt{};
    TimePoint visible_at{};
    TimePoint issued_at{};
    bool rejected = false;
  };
  struct Duplicate {
    std::int64_t id = 0;
    std::int64_t order_id = 0;
    std::string key{};
  };

  void violate(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  bool is_calm() const { return now_ >= kNow + schedule_.calm_at; }

  bool is_out() const {
    return now_ >= kNow + schedule_.outage_from && now_ < kNow + schedule_.outage_to;
  }

  void place(const std::string& key, const std::string& attempt, TimePoint arrives_at,
             TimePoint issued_at) {
    rules::OrderFacts facts = support::renewed_order(60000 + std::int64_t(orders_.size()));
    facts.date_created = arrives_at;
    if (schedule_.start == Start::kNoOrder) facts.renewal_of_order_id = 0;
    const seconds lag = key.empty() ? seconds{0} : schedule_.listing_lag;
    orders_.push_back({.facts = std::move(facts),
                       .key = key,
                       .attempt = attempt,
                       .visible_at = arrives_at + lag,
                       .issued_at = issued_at});
  }

  rules::OrderFacts seen_now(const CaOrder& order) const {
    rules::OrderFacts facts = order.facts;
    if (now_ < order.issued_at) {
      facts.status = "pending";
      facts.order_valid_till.reset();
      facts.certificate_valid_till.reset();
      facts.certificate_id = 0;
    }
    if (order.rejected && now_ >= order.issued_at) facts.status = "rejected";
    return facts;
  }

  bool is_live(const CaOrder& order) const {
    const auto facts = seen_now(order);
    return facts.status == "pending" ||
           (facts.status == "issued" && rules::paid_until(facts) > now_);
  }

  bool ask(Observed& seen, const rules::Decision& made) const {
    const auto* orders = std::get_if<rules::AskOrders>(&made.action);
    const bool listing = std::holds_alternative<rules::AskDuplicates>(made.action);
    const auto* download = std::get_if<rules::AskCertificate>(&made.action);
    if (orders == nullptr && !listing && download == nullptr) return false;
    if (is_out()) {
      seen.ca_error = support::ca_error(base::Code::kUnavailable);
      return true;
    }
    if (orders != nullptr) {
      seen.ca.orders.emplace();
      for (const CaOrder& order : orders_) {
        const bool asked = std::ranges::find(orders->also, order.facts.id) != orders->also.end();
        if (asked || now_ >= order.visible_at) seen.ca.orders->push_back(seen_now(order));
      }
    }
    if (listing) {
      seen.ca.listed.emplace();
      for (const Duplicate& duplicate : duplicates_) {
        if (duplicate.key != seen.pending->public_key_sha256) continue;
        seen.ca.listed->push_back({.certificate_id = duplicate.id, .issued = true});
      }
    }
    if (download != nullptr) seen.ca.issued = certificate(download->certificate_id);
    return true;
  }

  rules::IssuedFacts certificate(std::int64_t id) const {
    rules::IssuedFacts facts{.certificate_id = id, .leaf = support::leaf()};
    std::int64_t order_id = id / 10;
    for (const Duplicate& duplicate : duplicates_) {
      if (duplicate.id != id) continue;
      order_id = duplicate.order_id;
      facts.leaf->public_key_sha256 = duplicate.key;
    }
    for (const CaOrder& order : orders_) {
      if (order.facts.id != order_id) continue;
      facts.leaf->not_after = *order.facts.certificate_valid_till;
      if (id == order.facts.certificate_id) facts.leaf->public_key_sha256 = order.key;
    }
    return facts;
  }

  bool is_ours(const CaOrder& order, const rules::LedgerEntry& entry) const {
    if (schedule_.mistake == Mistake::kAdoptByName) return order.facts.id >= 60000;
    return order.key == entry.public_key_sha256;
  }

  rules::OrderPost post(const rules::LedgerEntry& entry, TimePoint looked_at) {
    const Fate fate = posts_ < schedule_.posts.size() ? schedule_.posts[posts_] : Fate::kAccepted;
    ++posts_;
    rules::OrderPost answer{.message = "it did not work out"};
    const bool unmarked = entry.state != State::kSubmitted;
    if (unmarked) violate("posts before the mark is durable");
    switch (fate) {
      case Fate::kAccepted:
        answer.outcome = Outcome::kAccepted;
        answer.order_id = take_order(entry.public_key_sha256, entry.name, now_, looked_at);
        break;
      case Fate::kAnswerLost:
        take_order(entry.public_key_sha256, entry.name, now_, looked_at);
        break;
      case Fate::kArrivesLate:
        take_order(entry.public_key_sha256, entry.name, now_ + seconds{8}, looked_at);
        break;
      case Fate::kRequestLost:
        break;
      case Fate::kNotSent:
        answer.outcome = Outcome::kNotSent;
        answer.reason = api::Reason::kRateLimited;
        break;
      case Fate::kRefused:
        answer.outcome = Outcome::kRefused;
        break;
    }
    return answer;
  }

  // The CA has it. What must hold then.
  std::int64_t take_order(const std::string& key, const std::string& attempt, TimePoint arrives_at,
                          TimePoint looked_at = kNever) {
    for (const CaOrder& order : orders_) {
      if (!order.key.empty() && is_live(order)) violate("buys twice");
      const bool persons = order.key.empty() && order.facts.id >= 60000;
      if (persons && order.visible_at <= looked_at && is_live(order)) {
        violate("buys beside a renewal that it could see");
      }
    }
    ++ours_;
    place(key, attempt, arrives_at, arrives_at + schedule_.issue_delay);
    if (schedule_.rejects_first && ours_ == 1) {
      orders_.back().rejected = true;
      orders_.back().issued_at += seconds{5};
    }
    return orders_.back().facts.id;
  }

  bool any_order() const {
    return std::ranges::any_of(
        orders_, [&](const CaOrder& order) { return order.facts.id >= 60000 && is_live(order); });
  }

  const Schedule schedule_;
  TimePoint now_ = kNow;
  std::deque<CaOrder> orders_{};
  std::vector<Duplicate> duplicates_{};
  int ours_ = 0;  // orders of ours that took effect
  std::size_t posts_ = 0;
  std::string violation_{};
};

}  // namespace ledger_world
