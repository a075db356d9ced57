// A request, and a key with a certificate for it made at run time. Entry points: request(), Pair.
#pragma once

#include <string>

#include "api/duplicate_certificate_request.h"
#include "unit/x509/test_issuer.h"
#include "x509/chain.h"
#include "x509/csr.h"

namespace reconcile::test {

inline api::DuplicateCertificateRequest request() {
  api::DuplicateCertificateRequest made;
  made.meta.namespace_ = "team-a";
  made.meta.name = "shop";
  made.meta.uid = "uid-request";
  made.meta.resource_version = "7";
  made.spec.profile_ref.name = "profile";
  made.spec.secret_name = "shop-tls";
  made.spec.common_name = "shop.acme.test";
  return made;
}

struct Pair {
  x509::test::Hierarchy made{};
  x509::Chain chain =
      *x509::build_chain({made.leaf, made.intermediate, made.root}, made.key_sha256());

  const x509::PrivateKey& key() const { return made.leaf_key; }
  std::string csr() const { return *x509::make_csr(key(), {.common_name = "shop.acme.test"}); }
  std::string pem() const {
    return made.leaf.to_pem() + made.intermediate.to_pem() + made.root.to_pem();
  }
};

}  // namespace reconcile::test
