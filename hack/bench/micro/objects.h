// What the micro-benchmarks work on: objects as a cluster of 10,000 requests holds them.
// Entry points: request_text, watch_stream, list_page, ready_request, orders, chain.
#pragma once

#include <string>
#include <vector>

#include "rules/match_orders.h"
#include "rules/observed.h"
#include "x509/certificate.h"

namespace micro {

// A Ready request as JSON of the API server, managedFields included: about 4 KiB.
std::string request_text(int number);

// `count` ADDED events, one line each.
std::string watch_stream(int count);

// The answer to a list: `count` items.
std::string list_page(int count);

// What decide() sees of a Ready request whose certificate is not due.
rules::Observed ready_request();

// `count` orders of an account, one of them for shop.example.com.
std::vector<rules::OrderFacts> orders(int count);

// A leaf, its intermediate and the root, as the CA sends them, and the hash of the leaf's key.
struct Sent {
  std::vector<x509::Certificate> certificates{};
  std::string public_key_sha256{};
};
Sent chain();

}  // namespace micro
