#include "x509/pem.h"

#include <algorithm>

#include "base/bytes.h"

namespace x509 {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";
constexpr std::size_t kLineLength = 64;

std::string without_blanks(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(compact), [](char c) {
    return c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\v' && c != '\f';
  });
  return compact;
}

struct RawBlock {
  std::string_view label{};
  std::string_view body{};
  bool is_closed = false;
};

// Cuts the next block off the front of `rest`; an empty label means that there is none.
RawBlock next_block(std::string_view& rest) {
  RawBlock block;
  const auto begin = rest.find(kBegin);
  if (begin == std::string_view::npos) return block;
  rest.remove_prefix(begin + kBegin.size());
  const auto label_end = rest.find(kDashes);
  if (label_end == std::string_view::npos) return block;
  block.label = rest.substr(0, label_end);
  rest.remove_prefix(label_end + kDashes.size());
  const std::string end = "-----END " + std::string(block.label) + std::string(kDashes);
  const auto body_end = rest.find(end);
  block.is_closed = body_end != std::string_view::npos;
  block.body = rest.substr(0, body_end);
  rest.remove_prefix(block.is_closed ? body_end + end.size() : 0);
  return block;
}

}  // namespace

base::Result<std::vector<PemBlock>> pem_blocks(std::string_view text,
                                               const std::vector<std::string_view>& labels) {
  std::vector<PemBlock> blocks;
  for (RawBlock raw = next_block(text); !raw.label.empty(); raw = next_block(text)) {
    if (std::ranges::find(labels, raw.label) == labels.end()) continue;
    const std::string label(raw.label);
    if (!raw.is_closed) {
      return base::fail(base::Code::kInvalid, "PEM block " + label + ": its end is missing");
    }
    auto der = base::from_base64(without_blanks(raw.body));
    if (!der || der->empty()) {
      return base::fail(base::Code::kInvalid, "PEM block " + label + ": not base64");
    }
    blocks.push_back({.label = label, .der = *std::move(der)});
  }
  return blocks;
}

std::string to_pem(std::string_view label, std::string_view der) {
  std::string body = base::to_base64(der);
  std::string pem;
  // All at once: what grows leaves copies behind, and it may be a key.
  pem.reserve(body.size() + body.size() / kLineLength + 2 * label.size() + 64);
  pem.append(kBegin).append(label).append("-----\n");
  for (std::size_t at = 0; at < body.size(); at += kLineLength) {
    pem.append(body, at, kLineLength).append("\n");
  }
  base::wipe(body);
  return pem.append("-----END ").append(label).append("-----\n");
}

}  // namespace x509
