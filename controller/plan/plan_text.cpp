// The plan as a person reads it: a table, then why, then what is bought and what is wrong.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/plan.h"
#include "plan/table.h"

namespace plan {
namespace {

Color color_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCurrent:
      return Color::kDim;
    case Outcome::kWait:
      return Color::kNone;
    case Outcome::kIssue:
    case Outcome::kRenew:
      return Color::kGreen;
    case Outcome::kBuy:
      return Color::kYellow;
    case Outcome::kRefuse:
    case Outcome::kUnknown:
      return Color::kRed;
  }
  return Color::kNone;
}

std::string order_text(const Item& item) {
  if (!item.purchase.empty()) return "(new)";
  return item.order_id ? std::to_string(*item.order_id) : "";
}

std::string table_text(const Plan& plan, bool color) {
  Table table({"NAMESPACE", "NAME", "PLAN", "REASON", "ORDER", "SECRET"});
  for (const Item& item : plan.items) {
    table.add({{item.namespace_},
               {item.name},
               {std::string(name_of(item.outcome)), color_of(item.outcome)},
               {std::string(api::name_of(item.reason))},
               {order_text(item)},
               {item.secret_name}});
  }
  return table.text(color);
}

// Why, and what for: what stands below the names of the requests.
std::string why_text(const Item& item) {
  std::string text;
  for (const std::string& step : item.first) text += wrapped("first: " + step, 2);
  text += wrapped(item.message, 2);
  if (!item.dns_names.empty()) {
    text += wrapped(fmt::format("names: {}", fmt::join(item.dns_names, ", ")), 2);
  }
  if (item.next) text += fmt::format("  next: {}\n", base::format_time(*item.next));
  for (const api::Candidate& one : item.candidates) {
    text += wrapped(fmt::format("order {} ({}): {}", one.id, one.common_name, one.reason), 4);
  }
  return text;
}

// Requests for which the same is to be said stand together.
std::string reasons_text(const Plan& plan, bool color) {
  std::vector<std::pair<std::string, std::string>> groups;  // names, why
  for (const Item& item : plan.items) {
    if (item.outcome == Outcome::kCurrent) continue;
    const std::string title =
        fmt::format("{} ({})", paint(item.namespace_ + "/" + item.name, Color::kBold, color),
                    paint(item.place, Color::kNone, color));
    std::string why = why_text(item);
    const auto same = std::ranges::find(groups, why, &std::pair<std::string, std::string>::second);
    if (same != groups.end()) {
      same->first += "\n" + title;
    } else {
      groups.emplace_back(title, std::move(why));
    }
  }
  std::string text;
  for (const auto& [titles, why] : groups) text += fmt::format("\n{}\n{}", titles, why);
  return text;
}

std::string purchases_text(const Plan& plan, const Style& style) {
  std::string text;
  for (const Purchase& one : plan.purchases) {
    const std::string what = one.renewal ? fmt::format("the renewal of order {}", one.renewal_of)
                                         : std::string("a new order");
    text += "\n" + paint(fmt::format("Buys {}", what), Color::kYellow, style.color) + "\n";
    text += wrapped(
        fmt::format("{}, {} year(s), {}; account {}, through AutomationProfile {}", one.product,
                    one.validity_years, fmt::join(one.dns_names, ", "), one.account, one.profile),
        2);
    text += wrapped(fmt::format("once for: {}", fmt::join(one.requests, ", ")), 2);
  }
  if (style.no_orders && !plan.purchases.empty()) {
    text += "\n" + paint("Not allowed by --no-orders.", Color::kRed, style.color) + "\n";
  }
  return text;
}

std::string troubles_text(const Plan& plan, bool color) {
  std::string text;
  for (const ProfileItem& one : plan.profiles) {
    if (one.usable) continue;
    text +=
        "\n" +
        paint(fmt::format("AutomationProfile {} cannot be used", one.name), Color::kRed, color) +
        "\n" + wrapped(one.problem, 2);
  }
  if (!plan.faults.empty()) text += "\n";
  for (const Fault& fault : plan.faults) {
    text +=
        paint("error: ", Color::kRed, color) + paint(text_of(fault), Color::kNone, color) + "\n";
  }
  if (!plan.notes.empty()) text += "\n";
  for (const std::string& note : plan.notes) text += wrapped("note: " + note, 0);
  return text;
}

}  // namespace

std::string to_text(const Plan& plan, const Style& style) {
  std::string text;
  if (!plan.items.empty()) text += table_text(plan, style.color) + reasons_text(plan, style.color);
  text += purchases_text(plan, style);
  text += troubles_text(plan, style.color);
  if (!text.empty()) text += "\n";
  return text + "Plan: " + summary_of(plan) + ".\n";
}

}  // namespace plan
