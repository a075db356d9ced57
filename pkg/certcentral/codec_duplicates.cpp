#include <nlohmann/json.hpp>

#include "certcentral/codec.h"
#include "certcentral/codec_parts.h"
#include "certcentral/json_reader.h"

namespace certcentral {
namespace {

Duplicate read_duplicate(const Json& object) {
  Duplicate duplicate;
  duplicate.id = id_of(object, "id").value_or(0);
  duplicate.common_name = name_text_of(object, "common_name");
  duplicate.dns_names = names_of(object, "dns_names");
  duplicate.status = name_text_of(object, "status");
  duplicate.serial_number = upper_text_of(object, "serial_number");
  duplicate.thumbprint = upper_text_of(object, "thumbprint");
  duplicate.csr = with_lf(text_of(object, "csr"));
  duplicate.date_created = start_of(object, "date_created");
  duplicate.valid_from = start_of(object, "valid_from");
  duplicate.valid_till = end_of(object, "valid_till");
  return duplicate;
}

}  // namespace

base::Result<std::vector<Duplicate>> decode_duplicates(std::string_view text) {
  constexpr std::string_view kWhat = "read list of duplicates";
  const Json json = TRY(parse_json(kWhat, text));
  const auto rows = TRY(rows_of(kWhat, json, "certificates"));
  std::vector<Duplicate> duplicates;
  duplicates.reserve(rows.size());
  for (const Json* row : rows) duplicates.push_back(read_duplicate(*row));
  return duplicates;
}

base::Result<std::string> decode_certificates(std::string_view text) {
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
    return base::fail(base::Code::kCorrupt,
                      "read certificates: no CERTIFICATE block in the answer");
  }
  std::string pem = with_lf(text);
  if (!pem.ends_with('\n')) pem += '\n';
  return pem;
}

}  // namespace certcentral
