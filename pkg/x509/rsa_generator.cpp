#include "x509/rsa_generator.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <nettle/bignum.h>
#include <nettle/rsa.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/bytes.h"

namespace x509::openssl {
namespace {

using base::Code;
using base::Result;

void* take(std::size_t size) {
  void* bytes = std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc): GMP's interface
  if (bytes == nullptr) std::abort();
  return bytes;
}

void wipe_and_free(void* bytes, std::size_t size) {
  if (bytes == nullptr) return;
  OPENSSL_cleanse(bytes, size);
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc)
}

void* move_to_size(void* old, std::size_t old_size, std::size_t size) {
  void* bytes = take(size);
  std::memcpy(bytes, old, std::min(old_size, size));
  wipe_and_free(old, old_size);
  return bytes;
}

// GMP's own functions are malloc and free too, so that it does not matter who has used it before.
void let_gmp_wipe() {
  static std::once_flag done;
  std::call_once(done, [] { mp_set_memory_functions(take, move_to_size, wipe_and_free); });
}

// nettle's functions for random bytes cannot fail; this one notes it for the caller.
void random_bytes(void* failed, std::size_t size, std::uint8_t* bytes) {
  if (RAND_priv_bytes(bytes, static_cast<int>(size)) == 1) return;
  *static_cast<bool*>(failed) = true;
  std::memset(bytes, 0x55, size);  // so that the generator comes to an end
}

struct Keypair {
  rsa_public_key pub{};
  rsa_private_key key{};
  Keypair() {
    rsa_public_key_init(&pub);
    rsa_private_key_init(&key);
  }
  ~Keypair() {
    rsa_public_key_clear(&pub);
    rsa_private_key_clear(&key);
  }
  Keypair(const Keypair&) = delete;
  Keypair& operator=(const Keypair&) = delete;
};

// X.690, 8.1.3: the length of what follows, at most 65535.
void append_length(std::string& der, std::size_t size) {
  if (size >= 0x100) {
    der += "\x82";
    der += static_cast<char>(size >> 8U);
  } else if (size >= 0x80) {
    der += "\x81";
  }
  der += static_cast<char>(size & 0xFFU);
}

// nettle counts the leading zero that keeps a number positive.
void append_integer(std::string& der, const mpz_t number) {
  const std::size_t size = nettle_mpz_sizeinbase_256_s(number);
  der += '\x02';
  append_length(der, size);
  const std::size_t at = der.size();
  der.append(size, '\0');
  nettle_mpz_get_str_256(size, reinterpret_cast<std::uint8_t*>(der.data() + at), number);
}

// RSAPrivateKey, RFC 8017 A.1.2. The reserved size keeps the text from being copied unwiped.
base::SecretString pkcs1_of(const Keypair& made) {
  std::string numbers;
  numbers.reserve(8192);
  numbers += std::string_view("\x02\x01\x00", 3);  // version: two primes
  const auto& [pub, key] = std::tie(made.pub, made.key);
  for (const auto& number : {&pub.n, &pub.e, &key.d, &key.p, &key.q, &key.a, &key.b, &key.c}) {
    append_integer(numbers, *number);
  }
  std::string der;
  der.reserve(8192);
  der += '\x30';
  append_length(der, numbers.size());
  der += numbers;
  base::wipe(numbers);
  return base::SecretString(std::move(der));
}

}  // namespace

Result<PkeyPtr> generate_rsa(unsigned bits) {
  let_gmp_wipe();
  Keypair made;
  mpz_set_ui(made.pub.e, 65537);
  bool failed = false;
  const int done =
      rsa_generate_keypair(&made.pub, &made.key, &failed, random_bytes, nullptr, nullptr, bits, 0);
  if (done != 1 || failed) return base::fail(Code::kInternal, "generate key: no random bytes");
  const base::SecretString der = pkcs1_of(made);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.expose().data());
  PkeyPtr key(
      d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &bytes, static_cast<long>(der.expose().size())));
  if (key == nullptr) return std::unexpected(last_error("generate key"));
  ERR_clear_error();
  return key;
}

}  // namespace x509::openssl
