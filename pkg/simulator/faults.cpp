#include "simulator/faults.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/clock.h"
#include "simulator/simulator.h"

namespace simulator {
namespace {

using std::chrono::milliseconds;

struct FaultInfo {
  std::string_view name;
  bool takes_time;
  double nasty;
  milliseconds nasty_duration;
  double polite;
  std::string_view help;
};

// In the order of the enum.
constexpr std::array<FaultInfo, static_cast<std::size_t>(Fault::kCount)> kFaults{{
    {"issue_delay", true, 0.3, milliseconds{2000}, 0, "a certificate is issued only after a time"},
    {"listing_lag", true, 0.3, milliseconds{2000}, 0,
     "new duplicates and orders are missing from listings for a time"},
    {"hide_pending", false, 0.3, {}, 0, "a duplicate that waits is not listed before it is issued"},
    {"lose_answer",
     false,
     0.05,
     {},
     0,
     "the work is done, then the connection closes without an answer"},
    {"reset_before", false, 0.05, {}, 0, "the connection is reset before any work"},
    {"html_500", false, 0.03, {}, 0, "500 with an HTML page, nothing was done"},
    {"html_502_after", false, 0.03, {}, 0, "502 with an HTML page after the work was done"},
    {"too_many_requests", false, 0.03, {}, 0, "429 although the limit is not reached"},
    {"wrong_certificate", false, 0.15, {}, 0, "a download gives another certificate of the order"},
    {"primary_in_list", false, 0.3, {}, 0, "the list of duplicates holds the primary too"},
    {"primary_instead",
     false,
     0.05,
     {},
     0,
     "the list of duplicates shows copies of the primary instead"},
    {"ignored_filters", false, 0.2, {}, 0, "filters of a listing are ignored"},
    {"missing_links",
     false,
     0.2,
     {},
     0,
     "an order does not show what it renewed or was renewed by"},
    {"shuffled_order", false, 0.3, {}, 0, "lists come in any order, whatever sort says"},
    {"slow_answer", true, 0.1, milliseconds{300}, 0, "the answer takes a time"},
    {"late_answer", true, 0.1, milliseconds{300}, 0,
     "the work is done, then the answer takes a time"},
    {"empty_body", false, 0.5, {}, 0, "a listing without entries is {}"},
    {"loose_types", false, 0.3, {}, 0, "booleans and counts come as 0, 1 or strings"},
    {"cross_signed", false, 0.2, {}, 0, "a chain has a fourth, cross-signed certificate"},
    {"chain_in_answer",
     false,
     0.5,
     {},
     0,
     "the answer to a duplicate issued at once holds certificate_id and certificate_chain"},
    {"status_in_answer", false, 0.5, {}, 1, "the answer to a duplicate holds requests[].status"},
    {"order_chain_in_answer",
     false,
     0.5,
     {},
     1,
     "the answer to an order issued at once holds certificate_id and certificate_chain"},
    {"refuse_used_csr", false, 0, {}, 0, "a CSR that was used before is refused"},
    {"insufficient_funds", false, 0, {}, 0, "an order is refused for lack of funds"},
}};

const FaultInfo& info_of(Fault fault) {
  return kFaults[static_cast<std::size_t>(fault)];
}

std::optional<Fault> find_fault(std::string_view name) {
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    if (kFaults[i].name == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

std::optional<double> parse_probability(std::string_view text) {
  double value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(value >= 0 && value <= 1)) return std::nullopt;
  return value;
}

base::Result<milliseconds> parse_time_span(std::string_view text) {
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      return base::fail(base::Code::kInvalid, "not a number of milliseconds");
    }
    return milliseconds{value};
  }
  return milliseconds{TRY(base::parse_duration(text))};
}

// "5s", "300ms@0.2"
base::Result<void> parse_timed(std::string_view value, FaultRule& rule) {
  const auto at = value.find('@');
  rule.probability = 1;
  if (at != std::string_view::npos) {
    const auto probability = parse_probability(value.substr(at + 1));
    if (!probability) return base::fail(base::Code::kInvalid, "the probability is not in [0, 1]");
    rule.probability = *probability;
  }
  rule.duration = TRY(parse_time_span(value.substr(0, at)));
  return {};
}

base::Result<void> parse_value(std::string_view value, FaultRule& rule) {
  const FaultInfo& info = info_of(rule.fault);
  rule.duration = info.nasty_duration;
  if (value == "off") {
    rule.probability = 0;
    return {};
  }
  if (value == "on") {
    rule.probability = 1;
    return {};
  }
  if (const auto probability = parse_probability(value)) {
    rule.probability = *probability;
    return {};
  }
  if (info.takes_time) return parse_timed(value, rule);
  return base::fail(base::Code::kInvalid, "wanted on, off or a probability in [0, 1]");
}

base::Result<void> parse_times(std::string_view text, FaultRule& rule) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rule.times);
  if (error == std::errc{} && end == text.data() + text.size() && rule.times > 0) return {};
  return base::fail(base::Code::kInvalid, "what follows * is not a positive number");
}

base::Result<FaultRule> parse_parts(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    return base::fail(base::Code::kInvalid, "wanted NAME[:OPERATION]=VALUE[*TIMES]");
  }
  std::string_view name = text.substr(0, equals);
  std::string_view value = text.substr(equals + 1);
  FaultRule rule;
  if (const auto star = value.find('*'); star != std::string_view::npos) {
    TRY_VOID(parse_times(value.substr(star + 1), rule));
    value = value.substr(0, star);
  }
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    rule.operation = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  const auto fault = find_fault(name);
  if (!fault) return base::fail(base::Code::kInvalid, "there is no such switch");
  rule.fault = *fault;
  TRY_VOID(parse_value(value, rule));
  return rule;
}

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): spreads every input bit over the result.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

}  // namespace

std::string_view name_of(Fault fault) {
  return info_of(fault).name;
}

base::Result<FaultRule> parse_fault(std::string_view text) {
  auto rule = parse_parts(text);
  if (!rule) return std::unexpected(base::wrap(fmt::format("fault \"{}\"", text), rule.error()));
  return rule;
}

double draw(std::uint64_t seed, Fault fault, std::uint64_t n) {
  const std::uint64_t bits = mix(mix(mix(seed) ^ static_cast<std::uint64_t>(fault)) ^ n);
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

std::vector<FaultRule> default_rules(Manner manner) {
  std::vector<FaultRule> rules;
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    FaultRule rule;
    rule.fault = static_cast<Fault>(i);
    rule.probability = manner == Manner::kNasty ? kFaults[i].nasty : kFaults[i].polite;
    rule.duration = kFaults[i].nasty_duration;
    rules.push_back(rule);
  }
  return rules;
}

Faults::Faults(std::uint64_t seed, Manner manner) : seed_(seed), rules_(default_rules(manner)) {}

base::Result<void> Faults::set(Manner manner, const std::vector<std::string>& texts) {
  std::vector<FaultRule> rules = default_rules(manner);
  for (const std::string& text : texts) {
    if (text == "polite" || text == "nasty") {
      rules = default_rules(text == "polite" ? Manner::kPolite : Manner::kNasty);
      continue;
    }
    rules.push_back(TRY(parse_fault(text)));
  }
  const base::MutexLock lock(mutex_);
  rules_ = std::move(rules);
  return {};
}

const FaultRule* Faults::ask(Fault fault, std::string_view operation) {
  FaultRule* best = nullptr;
  for (FaultRule& rule : rules_) {
    if (rule.fault != fault || rule.times == 0) continue;
    if (!rule.operation.empty() && rule.operation != operation) continue;
    if (best != nullptr && !best->operation.empty() && rule.operation.empty()) continue;
    best = &rule;
  }
  const std::uint64_t n = asked_[static_cast<std::size_t>(fault)]++;
  if (best == nullptr || draw(seed_, fault, n) >= best->probability) return nullptr;
  if (best->times > 0) --best->times;
  return best;
}

bool Faults::fires(Fault fault, std::string_view operation) {
  const base::MutexLock lock(mutex_);
  return ask(fault, operation) != nullptr;
}

std::chrono::milliseconds Faults::delay(Fault fault, std::string_view operation) {
  const base::MutexLock lock(mutex_);
  const FaultRule* rule = ask(fault, operation);
  return rule == nullptr ? milliseconds{0} : rule->duration;
}

double Faults::number(Fault fault) {
  const base::MutexLock lock(mutex_);
  return draw(~seed_, fault, asked_[static_cast<std::size_t>(fault)]++);
}

std::vector<FaultRule> Faults::rules() const {
  const base::MutexLock lock(mutex_);
  return rules_;
}

std::string describe_faults() {
  std::string text;
  for (const FaultInfo& info : kFaults) {
    std::string nasty = fmt::format("{}", info.nasty);
    if (info.takes_time) nasty = fmt::format("{}ms@{}", info.nasty_duration.count(), info.nasty);
    text += fmt::format("  {:<22} {} (default {}, polite {})\n", info.name, info.help, nasty,
                        info.polite == 0 ? "off" : "on");
  }
  return text;
}

}  // namespace simulator
