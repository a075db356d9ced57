// PEM blocks (RFC 7468), read leniently: CR LF, blanks and any text between blocks are skipped.
// Pure. Entry point: pem_blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace x509 {

struct PemBlock {
  std::string label{};  // "CERTIFICATE"
  std::string der{};    // decoded bytes
};

// The blocks of `text` whose label is one of `labels`, in their order; other blocks are skipped
// undecoded. kInvalid if such a block has no end or is not base64. Never for private keys: the
// bytes are not wiped.
base::Result<std::vector<PemBlock>> pem_blocks(std::string_view text,
                                               const std::vector<std::string_view>& labels);

// One block with LF line ends, 64 characters a line.
std::string to_pem(std::string_view label, std::string_view der);

}  // namespace x509
