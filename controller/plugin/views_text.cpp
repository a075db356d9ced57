// The views as a person reads them.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/defaults.h"
#include "api/names.h"
#include "plan/table.h"
#include "plugin/views.h"
#include "rules/ledger.h"

namespace plugin {
namespace {

using plan::Cell;
using plan::Color;
using plan::paint;
using plan::Table;
using plan::wrapped;
using Request = api::DuplicateCertificateRequest;

std::string time_text(const std::optional<base::TimePoint>& time) {
  return time ? base::format_time(*time) : "";
}

Cell ready_cell(const Request& request) {
  const api::ConditionStatus status = readiness_of(request).status;
  const Color color = status == api::ConditionStatus::kTrue    ? Color::kGreen
                      : status == api::ConditionStatus::kFalse ? Color::kRed
                                                               : Color::kYellow;
  return {std::string(api::name_of(status)), color};
}

std::vector<Cell> row_of(const Request& request) {
  const auto& status = request.status;
  return {{request.meta.namespace_},
          {request.meta.name},
          ready_cell(request),
          {readiness_of(request).reason},
          {status.order ? std::to_string(status.order->id) : ""},
          {status.certificate ? time_text(status.certificate->not_after) : ""},
          {time_text(status.renewal_time)},
          {request.spec.secret_name}};
}

Table requests_table() {
  return Table({"NAMESPACE", "NAME", "READY", "REASON", "ORDER", "EXPIRES", "RENEWS", "SECRET"});
}

std::string notes_text(const std::vector<std::string>& notes) {
  std::string text = notes.empty() ? "" : "\n";
  for (const std::string& note : notes) text += wrapped("note: " + note, 0);
  return text;
}

std::string candidates_text(const std::vector<api::Candidate>& candidates, bool color) {
  Table table({"ORDER", "USABLE", "COMMON NAME", "PAID UNTIL", "NAMES", "WHY"});
  for (const api::Candidate& one : candidates) {
    table.add({{std::to_string(one.id)},
               {one.eligible ? "yes" : "no", one.eligible ? Color::kGreen : Color::kRed},
               {one.common_name},
               {one.valid_till ? base::format_date(*one.valid_till) : ""},
               {std::to_string(one.dns_names_count)},
               {one.reason}});
  }
  return table.text(color);
}

std::string heading(std::string_view text, bool color) {
  return "\n" + paint(text, Color::kBold, color) + "\n";
}

// "  name         text", long texts below their beginning.
std::string line(std::string_view name, const std::string& text) {
  constexpr std::size_t kIndent = 15;
  if (text.empty()) return "";
  return fmt::format("  {:<13}", name) + wrapped(text, kIndent).substr(kIndent);
}

std::string order_text(const api::OrderInUse& order) {
  std::string text = std::to_string(order.id);
  if (!order.product_name_id.empty()) text += ", " + order.product_name_id;
  if (order.organization_id) text += fmt::format(", organization {}", *order.organization_id);
  if (order.valid_till) text += ", paid until " + base::format_date(*order.valid_till);
  if (order.renewal_of) text += fmt::format(", the renewal of {}", *order.renewal_of);
  return text;
}

std::string facts_text(const Request& request) {
  const auto& certificate = request.status.certificate;
  const std::string home = api::profile_namespace(request);
  std::string text = line("profile", fmt::format("{}/{}", home, request.spec.profile_ref.name));
  text += line("secret", request.spec.secret_name);
  if (request.status.order) text += line("order", order_text(*request.status.order));
  if (!certificate) return text;
  text += line("names", fmt::format("{}", fmt::join(certificate->dns_names, ", ")));
  text += line("serial", certificate->serial_number);
  return text;
}

}  // namespace

Readiness readiness_of(const Request& request) {
  const api::Condition* ready = api::find_condition(request.status.conditions, api::kReady);
  if (ready == nullptr)
    return {.reason = "Pending", .message = "no controller has looked at it yet"};
  return {ready->status, ready->reason, ready->message};
}

std::string next_step(const StatusView& view) {
  const auto& conditions = view.request.status.conditions;
  const auto& status = view.request.status;
  const std::string again =
      status.next_attempt_time
          ? fmt::format(" Looked at again at {}.", base::format_time(*status.next_attempt_time))
          : "";
  if (status.observed_generation < view.request.meta.generation || conditions.empty()) {
    return "The controller has not seen this version of the request yet; is it running?";
  }
  if (const auto* stalled = api::find_condition(conditions, api::kStalled)) {
    return fmt::format("A person must act: {}.{}", stalled->message, again);
  }
  if (const auto* renewing = api::find_condition(conditions, api::kRenewing)) {
    return fmt::format("A renewal is under way: {}.{}", renewing->message, again);
  }
  if (const auto* working = api::find_condition(conditions, api::kReconciling)) {
    return fmt::format("It goes on by itself: {}.{}", working->message, again);
  }
  if (status.renewal_time) {
    return fmt::format("It is renewed by itself from {} on.",
                       base::format_time(*status.renewal_time));
  }
  return "Nothing: automatic renewal is off. kubectl duplicert renew asks for a new certificate.";
}

std::vector<Moment> timeline_of(const StatusView& view) {
  const auto& status = view.request.status;
  std::vector<Moment> moments{{view.request.meta.creation_time, "the request was created"}};
  const auto add = [&](const std::optional<base::TimePoint>& at, std::string what) {
    if (at) moments.push_back({*at, std::move(what)});
  };
  if (const auto* ready = api::find_condition(status.conditions, api::kReady)) {
    add(ready->last_transition_time,
        fmt::format("Ready became {} ({})", api::name_of(ready->status), ready->reason));
  }
  for (const api::CertificateOrder& entry : view.entries) {
    const std::string name = "CertificateOrder " + entry.meta.name;
    add(entry.status.submitted_at, name + " was sent to the CA");
    add(entry.status.placed_at, name + " was seen at the CA");
    add(entry.status.closed_at,
        fmt::format("{} was closed as {}", name, api::name_of(entry.status.state)));
    add(entry.status.next_attempt_time, name + " is tried again");
  }
  if (status.certificate) {
    add(status.certificate->not_before, "the certificate begins");
    add(status.certificate->not_after, "the certificate ends");
  }
  add(status.renewal_time, "the certificate is due for renewal");
  add(status.next_attempt_time, "the controller looks at it again");
  if (status.order && status.order->valid_till) {
    const base::TimePoint end = *status.order->valid_till;
    add(end - rules::kRenewalOpens,
        fmt::format("order {} can be renewed from here on", status.order->id));
    add(end, fmt::format("order {} ends", status.order->id));
  }
  moments.push_back({view.now, "now"});
  std::ranges::stable_sort(moments, {}, &Moment::at);
  return moments;
}

std::string to_text(const ListView& view, bool color) {
  if (view.requests.empty()) return "No requests found.\n" + notes_text(view.notes);
  Table table = requests_table();
  for (const Request& request : view.requests) table.add(row_of(request));
  return table.text(color) + notes_text(view.notes);
}

std::string to_text(const OrdersView& view, bool color) {
  std::string text;
  for (const OrdersOf& one : view.requests) {
    if (!text.empty()) text += "\n";
    text += paint(one.key, Color::kBold, color);
    if (one.in_use) text += fmt::format("  (its certificate is of order {})", *one.in_use);
    text += "\n";
    text +=
        one.candidates.empty() ? wrapped(one.problem, 2) : candidates_text(one.candidates, color);
  }
  if (view.requests.empty()) text = "No requests found.\n";
  return text + notes_text(view.notes);
}

std::string to_text(const StatusView& view, bool color) {
  const Request& request = view.request;
  const Readiness ready = readiness_of(request);
  const Cell state = ready_cell(request);
  std::string text =
      fmt::format("{}  Ready: {} ({})\n", paint(api::key_of(request.meta), Color::kBold, color),
                  paint(state.text, state.color, color), paint(ready.reason, Color::kNone, color));
  text += wrapped(ready.message, 2) + facts_text(request);
  if (!view.copies.empty()) {
    text += heading(fmt::format("Copies of order {}", request.status.order->id), color);
    Table table = requests_table();
    table.add(row_of(request));
    for (const Request& copy : view.copies) table.add(row_of(copy));
    text += table.text(color);
  }
  text += heading("Timeline", color);
  for (const Moment& moment : timeline_of(view)) {
    const bool now = moment.what == "now";
    text += fmt::format("  {}  {}\n", base::format_time(moment.at),
                        paint(moment.what, now ? Color::kBold : Color::kNone, color));
  }
  text += heading("Next step", color) + wrapped(next_step(view), 2);
  return text + notes_text(view.notes);
}

std::string to_text(const ExplainView& view, bool color) {
  std::string text = paint(view.key, Color::kBold, color) + "\n";
  text += heading("Facts", color);
  for (const rules::FactLine& fact : view.facts) text += line(fact.name, fact.text);
  text += heading("Decision", color);
  for (const std::string& step : view.first) text += line("first", step);
  text += line("rule", fmt::format("{} ({} of {})", view.rule, view.rule_number, view.rules));
  text += line("reason", view.reason);
  text += line("action", view.action);
  text += line("message", view.message);
  if (view.needs_ca) {
    text += wrapped(
        "Only the CA can tell how it goes on: --direct asks it, with your own right to "
        "read the API key.",
        2);
  }
  if (!view.reported.empty()) text += line("controller", view.reported);
  if (!view.candidates.empty()) text += "\n" + candidates_text(view.candidates, color);
  if (!view.changes.empty()) text += heading("What would change it", color);
  for (const rules::WhatIf& one : view.changes) {
    text += wrapped(fmt::format("{}: {} ({}): {}", one.change, rules::describe(one.decision.action),
                                one.decision.rule, one.decision.message),
                    2);
  }
  return text + notes_text(view.notes);
}

}  // namespace plugin
