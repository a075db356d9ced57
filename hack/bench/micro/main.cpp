// Micro-benchmarks of what the operator does often, each beside its limit: the same bytes or the
// same cryptography without anything of ours. hack/bench/micro.sh runs it and prints the ratios.
// Names: WHAT/ours, WHAT/limit. Arguments of Google Benchmark, for example --benchmark_filter=csr.
#include <algorithm>
#include <cstring>
#include <iterator>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "api/codec.h"
#include "kube/response.h"
#include "kube/watch_decoder.h"
#include "micro/objects.h"
#include "rules/decide.h"
#include "rules/match_orders.h"
#include "x509/chain.h"
#include "x509/csr.h"

namespace {

using benchmark::DoNotOptimize;
using benchmark::State;
using nlohmann::json;

constexpr int kEvents = 1000;
constexpr int kPageItems = 500;  // as runtime::Watcher lists
constexpr int kOrders = 10'000;

// ---- A watch: 1,000 events to typed objects; the bare parser; the bytes alone.

void watch_ours(State& state) {
  const std::string stream = micro::watch_stream(kEvents);
  for (auto _ : state) {
    kube::WatchDecoder decoder;
    const auto fed = decoder.feed(stream, [](kube::WatchType, json&& object) {
      DoNotOptimize(api::decode_duplicate_certificate_request(object));
      return base::Result<void>();
    });
    if (!fed) state.SkipWithError(fed.error().message.c_str());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * stream.size()));
}

void watch_limit(State& state) {
  const std::string stream = micro::watch_stream(kEvents);
  for (auto _ : state) {
    for (std::size_t from = 0; from < stream.size();) {
      const std::size_t to = stream.find('\n', from);
      DoNotOptimize(json::parse(stream.begin() + static_cast<std::ptrdiff_t>(from),
                                stream.begin() + static_cast<std::ptrdiff_t>(to)));
      from = to + 1;
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * stream.size()));
}

void watch_memcpy(State& state) {
  const std::string stream = micro::watch_stream(kEvents);
  std::string copy(stream.size(), ' ');
  for (auto _ : state) {
    std::memcpy(copy.data(), stream.data(), stream.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * stream.size()));
}

// ---- A list of 10,000, in pages as it is read; the bare parser.

void list_ours(State& state) {
  const std::string page = micro::list_page(kPageItems);
  for (auto _ : state) {
    for (int read = 0; read < 10'000; read += kPageItems) {
      const auto list = kube::parse_json(page);
      for (const json& item : list->at("items")) {
        DoNotOptimize(api::decode_duplicate_certificate_request(item));
      }
    }
  }
}

void list_limit(State& state) {
  const std::string page = micro::list_page(kPageItems);
  for (auto _ : state) {
    for (int read = 0; read < 10'000; read += kPageItems) DoNotOptimize(json::parse(page));
  }
}

// ---- One decision about a Ready request; a copy of what it looks at.

void decide_ours(State& state) {
  const rules::Observed seen = micro::ready_request();
  for (auto _ : state) DoNotOptimize(rules::decide(seen));
}

void decide_limit(State& state) {
  const rules::Observed seen = micro::ready_request();
  for (auto _ : state) DoNotOptimize(rules::Observed(seen));
}

// ---- The latest matching order of 10,000; one comparison of names for each.

void match_ours(State& state) {
  const auto orders = micro::orders(kOrders);
  const rules::Observed seen = micro::ready_request();
  const rules::MatchQuery query{.names = {.common_name = "shop.example.com"},
                                .product = "ssl_basic",
                                .organization_id = 7,
                                .now = seen.now};
  if (!rules::match_orders(orders, query).latest) state.SkipWithError("no order matches");
  for (auto _ : state) DoNotOptimize(rules::match_orders(orders, query));
}

void match_limit(State& state) {
  const auto orders = micro::orders(kOrders);
  for (auto _ : state) {
    DoNotOptimize(std::ranges::count(orders, "shop.example.com", &rules::OrderFacts::common_name));
  }
}

// ---- The JSON of a status; printing it alone.

void encode_ours(State& state) {
  const json object = json::parse(micro::request_text(1));
  const auto request = api::decode_duplicate_certificate_request(object);
  for (auto _ : state) DoNotOptimize(api::encode_status(request->status).dump());
}

void encode_limit(State& state) {
  const json status = json::parse(micro::request_text(1)).at("status");
  for (auto _ : state) DoNotOptimize(status.dump());
}

// ---- A CSR; the signature alone.

void csr_ours(State& state) {
  const auto key = x509::PrivateKey::generate({});
  const x509::CsrNames names{.common_name = "shop.example.com",
                             .dns_names = {"shop.example.com", "www.shop.example.com"}};
  for (auto _ : state) DoNotOptimize(x509::make_csr(*key, names));
}

void csr_limit(State& state) {
  const auto key = x509::PrivateKey::generate({});
  const std::string signed_part(300, 'x');
  for (auto _ : state) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    unsigned char signature[128];
    std::size_t size = sizeof signature;
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key->handle());
    EVP_DigestSign(context, signature, &size,
                   reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size());
    EVP_MD_CTX_free(context);
    DoNotOptimize(size);
  }
}

// ---- The chain of what the CA sent, verified; the two signatures alone.

void chain_ours(State& state) {
  const micro::Sent sent = micro::chain();
  for (auto _ : state) {
    const auto chain = x509::build_chain(sent.certificates, sent.public_key_sha256);
    if (!chain) state.SkipWithError(chain.error().message.c_str());
  }
}

void chain_limit(State& state) {
  const micro::Sent sent = micro::chain();
  for (auto _ : state) {
    for (std::size_t i = 0; i + 1 < sent.certificates.size(); ++i) {
      DoNotOptimize(X509_verify(sent.certificates[i].handle(),
                                X509_get0_pubkey(sent.certificates[i + 1].handle())));
    }
  }
}

BENCHMARK(watch_ours)->Name("watch_1000/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(watch_limit)->Name("watch_1000/limit")->Unit(benchmark::kMicrosecond);
BENCHMARK(watch_memcpy)->Name("watch_1000/memcpy")->Unit(benchmark::kMicrosecond);
BENCHMARK(list_ours)->Name("list_10000/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(list_limit)->Name("list_10000/limit")->Unit(benchmark::kMicrosecond);
BENCHMARK(decide_ours)->Name("decide/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(decide_limit)->Name("decide/limit")->Unit(benchmark::kMicrosecond);
BENCHMARK(match_ours)->Name("match_10000/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(match_limit)->Name("match_10000/limit")->Unit(benchmark::kMicrosecond);
BENCHMARK(encode_ours)->Name("encode_status/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(encode_limit)->Name("encode_status/limit")->Unit(benchmark::kMicrosecond);
BENCHMARK(csr_ours)->Name("csr/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(csr_limit)->Name("csr/limit")->Unit(benchmark::kMicrosecond);
BENCHMARK(chain_ours)->Name("chain/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(chain_limit)->Name("chain/limit")->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
