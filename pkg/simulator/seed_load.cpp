#include "simulator/seed_load.h"

#include <algorithm>

#include <openssl/rand.h>

#include "simulator/files.h"
#include "simulator/key_hash.h"
#include "simulator/place.h"
#include "simulator/rules.h"

namespace simulator {
namespace {

// 64 hexadecimal digits from OpenSSL's generator.
base::Result<base::SecretString> make_key() {
  std::string bytes(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) !=
      1) {
    return base::fail(base::Code::kInternal, "make an API key: OpenSSL failed");
  }
  base::SecretString key(base::to_hex(bytes));
  base::wipe(bytes);
  return key;
}

base::Result<void> load_key(const IssueWorld& world, const SeedKey& seed, const std::string& dir) {
  ApiKey row = seed.key;
  if (seed.generate) {
    const base::SecretString key = TRY(make_key());
    TRY_VOID(write_file(dir + "/" + seed.file, key.expose(), Mode::kPrivate));
    row.sha256 = key_hash(key.expose());
    world.store.set_fact("key_file:" + row.name, seed.file);
    if (world.store.fact("key_file:").empty()) world.store.set_fact("key_file:", seed.file);
  }
  world.store.put(row);
  return {};
}

base::Result<Certificate> throwaway_draft(const SeedOrder& seed) {
  Certificate draft;
  draft.user_id = seed.order.user_id;
  draft.common_name = seed.order.common_name;
  draft.dns_names = seed.order.dns_names;
  draft.dns_names.insert(draft.dns_names.end(), seed.order.free_names.begin(),
                         seed.order.free_names.end());
  draft.csr = TRY(throwaway_csr(seed.order.common_name));
  draft.key_bits = 256;
  draft.server_platform = 45;
  draft.valid_till = seed.valid_till;
  return draft;
}

base::Result<void> load_duplicate(const IssueWorld& world, const SeedOrder& seed,
                                  const SeedDuplicate& duplicate) {
  IssueWorld then{world.store, world.issuer, duplicate.issued_at};
  Submission submission;
  submission.type = "duplicate";
  submission.certificate = TRY(throwaway_draft(seed));
  submission.certificate.kind = CertificateKind::kDuplicate;
  submission.approved = true;
  submission.processor_id = seed.order.user_id;
  const Submitted submitted = TRY(submit(then, seed.order, submission));
  if (duplicate.revoked) revoke(world, submitted.certificate);
  return {};
}

base::Result<void> load_reissue(const IssueWorld& world, const SeedOrder& seed) {
  Submission submission;
  submission.type = "reissue";
  submission.certificate = TRY(throwaway_draft(seed));
  submission.certificate.is_reissue = true;
  TRY_VOID(submit(world, seed.order, submission));
  return {};
}

base::Result<void> load_order(const IssueWorld& world, SeedOrder seed) {
  const IssueWorld then{world.store, world.issuer, seed.issued_at};
  Submission submission;
  submission.certificate = TRY(throwaway_draft(seed));
  submission.approved =
      seed.state == SeedState::kIssued || seed.state == SeedState::kReissuePending;
  if (submission.approved) submission.processor_id = seed.order.user_id;
  const Submitted submitted = TRY(place(then, seed.order, submission));
  if (seed.state == SeedState::kRejected) {
    TRY_VOID(reject(then, {submitted.request.id, seed.order.user_id, "Rejected by the seed.", {}}));
  }
  if (seed.state == SeedState::kReissuePending) TRY_VOID(load_reissue(world, seed));
  if (seed.revoked) revoke(world, submitted.certificate);
  for (const SeedDuplicate& duplicate : seed.duplicates) {
    TRY_VOID(load_duplicate(world, seed, duplicate));
  }
  return {};
}

base::Result<void> load_account(const IssueWorld& world, const SeedAccount& account,
                                const std::string& dir) {
  world.store.put(account.account);
  for (const Container& row : account.containers) world.store.put(row);
  for (const User& row : account.users) world.store.put(row);
  for (const Organization& row : account.organizations) world.store.put(row);
  for (const Domain& row : account.domains) world.store.put(row);
  for (const Product& row : account.products) world.store.put(row);
  for (const SeedKey& key : account.keys) TRY_VOID(load_key(world, key, dir));
  for (const SeedOrder& order : account.orders) TRY_VOID(load_order(world, order));
  return {};
}

}  // namespace

base::Result<void> load_seed(const IssueWorld& world, const Seed& seed, const std::string& dir) {
  world.store.set_next_id("order", seed.next_order_id);
  world.store.set_next_id("certificate", seed.next_certificate_id);
  world.store.set_next_id("request", seed.next_request_id);
  // Domains of the seed count from 1; those that persons add later must not meet them.
  world.store.set_next_id("domain", 1'000'000);
  for (const SeedAccount& account : seed.accounts) TRY_VOID(load_account(world, account, dir));
  return {};
}

}  // namespace simulator
