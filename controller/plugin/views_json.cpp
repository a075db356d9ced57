// The views for programs: JSON, and the same as YAML.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "base/text.h"
#include "plugin/views.h"

namespace plugin {
namespace {

using nlohmann::json;

json request_json(const api::DuplicateCertificateRequest& request) {
  json object = api::encode_object(request);
  object["metadata"].erase("uid");
  object["metadata"].erase("resourceVersion");
  object["status"] = api::encode_status(request.status);
  return object;
}

json candidate_json(const std::vector<api::Candidate>& candidates) {
  const api::DuplicateCertificateRequestStatus status{.candidates = candidates};
  return api::encode_status(status).value("candidates", json::array());
}

bool is_plain(const std::string& text) {
  const auto simple = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/' || c == ' ';
  };
  const bool safe = !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
                    text.back() != ' ' && std::ranges::all_of(text, simple);
  const std::string lower = base::lower_case(text);
  constexpr std::array kWords{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  return safe && std::ranges::find(kWords, lower) == kWords.end();
}

// A JSON string is a YAML string.
std::string scalar(const json& value) {
  if (value.is_string() && is_plain(value.get<std::string>())) return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void write_yaml(const json& value, std::size_t indent, std::string& out);

void write_member(const std::string& lead, const json& value, std::size_t indent,
                  std::string& out) {
  if (value.is_structured() && !value.empty()) {
    out += lead + "\n";
    return write_yaml(value, indent, out);
  }
  out += lead + " " + scalar(value) + "\n";
}

void write_yaml(const json& value, std::size_t indent, std::string& out) {
  const std::string blanks(indent, ' ');
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      write_member(blanks + scalar(json(name)) + ":", member, indent + (member.is_array() ? 0 : 2),
                   out);
    }
    return;
  }
  for (const json& item : value) {
    if (!item.is_structured() || item.empty()) {
      out += blanks + "- " + scalar(item) + "\n";
      continue;
    }
    std::string block;
    write_yaml(item, indent + 2, block);
    block[indent] = '-';
    out += block;
  }
}

}  // namespace

json to_json(const ListView& view) {
  json items = json::array();
  for (const auto& request : view.requests) items.push_back(request_json(request));
  return {{"requests", items}, {"notes", view.notes}};
}

json to_json(const OrdersView& view) {
  json items = json::array();
  for (const OrdersOf& one : view.requests) {
    json item{{"request", one.key}, {"candidates", candidate_json(one.candidates)}};
    if (one.in_use) item["inUse"] = *one.in_use;
    if (!one.problem.empty()) item["problem"] = one.problem;
    items.push_back(std::move(item));
  }
  return {{"requests", items}, {"direct", view.direct}, {"notes", view.notes}};
}

json to_json(const StatusView& view) {
  const Readiness ready = readiness_of(view.request);
  json object{{"request", request_json(view.request)},
              {"ready", api::name_of(ready.status)},
              {"reason", ready.reason},
              {"copies", json::array()},
              {"timeline", json::array()},
              {"nextStep", next_step(view)},
              {"notes", view.notes}};
  for (const auto& copy : view.copies) object["copies"].push_back(request_json(copy));
  for (const Moment& moment : timeline_of(view)) {
    object["timeline"].push_back({{"at", base::format_time(moment.at)}, {"what", moment.what}});
  }
  return object;
}

json to_json(const ExplainView& view) {
  json object{{"request", view.key},
              {"rule", view.rule},
              {"ruleNumber", view.rule_number},
              {"rules", view.rules},
              {"action", view.action},
              {"reason", view.reason},
              {"message", view.message},
              {"first", view.first},
              {"needsCA", view.needs_ca},
              {"reported", view.reported},
              {"candidates", candidate_json(view.candidates)},
              {"facts", json::object()},
              {"changes", json::array()},
              {"notes", view.notes}};
  for (const rules::FactLine& fact : view.facts) object["facts"][fact.name] = fact.text;
  for (const rules::WhatIf& one : view.changes) {
    object["changes"].push_back({{"change", one.change},
                                 {"rule", one.decision.rule},
                                 {"action", rules::describe(one.decision.action)},
                                 {"message", one.decision.message}});
  }
  return object;
}

std::string yaml_of(const json& value) {
  std::string out;
  if (!value.is_structured() || value.empty()) return scalar(value) + "\n";
  write_yaml(value, 0, out);
  return out;
}

}  // namespace plugin
