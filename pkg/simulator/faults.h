// Faults: the ways in which the simulator misbehaves, as switches with a probability.
// Entry points: parse_fault, Faults. Choices are pure in (seed, switch, how often it was asked):
// the same seed and the same calls in the same order give the same faults.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/thread_annotations.h"

namespace simulator {

enum class Fault {
  kIssueDelay,
  kListingLag,
  kHidePending,
  kLoseAnswer,
  kResetBefore,
  kHtml500,
  kHtml502After,
  kTooManyRequests,
  kWrongCertificate,
  kPrimaryInList,
  kPrimaryInstead,
  kIgnoredFilters,
  kMissingLinks,
  kShuffledOrder,
  kSlowAnswer,
  kLateAnswer,
  kEmptyBody,
  kLooseTypes,
  kCrossSigned,
  kChainInAnswer,
  kStatusInAnswer,
  kOrderChainInAnswer,
  kRefuseUsedCsr,
  kInsufficientFunds,
  kCount,
};

// One setting of a switch.
struct FaultRule {
  Fault fault = Fault::kCount;
  std::string operation{};  // "": every operation
  double probability = 0;
  std::chrono::milliseconds duration{0};  // of the switches that take a time
  int times = -1;                         // how often it may still fire; -1: no limit
};

// Reads "NAME[:OPERATION]=VALUE[*TIMES]"; VALUE is "on", "off", a probability in [0, 1], or for the
// switches that take a time DURATION[@PROBABILITY] ("5s", "300ms@0.2"). kInvalid otherwise.
base::Result<FaultRule> parse_fault(std::string_view text);

// The name of a switch as users write it: "listing_lag".
std::string_view name_of(Fault fault);

// Pure: a number in [0, 1) for the `n`-th question about `fault`.
double draw(std::uint64_t seed, Fault fault, std::uint64_t n);

enum class Manner { kPolite, kNasty };

// The rules of every switch in a manner.
std::vector<FaultRule> default_rules(Manner manner);

// Thread-safe.
class Faults {
 public:
  Faults(std::uint64_t seed, Manner manner);

  // Starts again from the manner's defaults and applies each text in turn. The words "polite" and
  // "nasty" reset to those defaults. kInvalid names the text; then nothing has changed.
  base::Result<void> set(Manner manner, const std::vector<std::string>& texts);

  // Whether the switch acts on this call. The most specific rule counts, the later of two equals;
  // a rule that has fired its number of times no longer counts.
  bool fires(Fault fault, std::string_view operation);
  // The time of the switch if it acts, else zero.
  std::chrono::milliseconds delay(Fault fault, std::string_view operation);
  // Another number in [0, 1) from the same source, for choices inside a fault.
  double number(Fault fault);

  std::vector<FaultRule> rules() const;

 private:
  const FaultRule* ask(Fault fault, std::string_view operation) REQUIRES(mutex_);

  const std::uint64_t seed_;
  mutable base::Mutex mutex_;
  std::vector<FaultRule> rules_ GUARDED_BY(mutex_);
  std::array<std::uint64_t, static_cast<std::size_t>(Fault::kCount)> asked_ GUARDED_BY(mutex_){};
};

}  // namespace simulator
