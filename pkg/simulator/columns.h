// Columns: which members of each row go into which columns. The store derives its tables, its
// inserts and its selects from these lists, so a member is named once.
// Only store.cpp includes it.
#pragma once

#include "simulator/journal.h"
#include "simulator/model.h"

namespace simulator {

// Specialised for each row: kName, kKey (the primary key's columns) and columns(visit, row), which
// calls visit("column", member) for each member. kIndexes names columns that get an index.
template <class Row>
struct Table;

template <>
struct Table<Account> {
  static constexpr auto kName = "accounts";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("name", r.name);
    v("approval", r.approval);
    v("duplicates", r.duplicates);
    v("duplicate_end", r.duplicate_end);
    v("certificate_days_max", r.certificate_days_max);
    v("requests_per_3_minutes", r.requests_per_3_minutes);
    v("requests_per_5_seconds", r.requests_per_5_seconds);
    v("refuse_second_renewal", r.refuse_second_renewal);
  }
};

template <>
struct Table<Container> {
  static constexpr auto kName = "containers";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("name", r.name);
  }
};

template <>
struct Table<User> {
  static constexpr auto kName = "users";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("container_id", r.container_id);
    v("username", r.username);
    v("first_name", r.first_name);
    v("last_name", r.last_name);
    v("email", r.email);
    v("type", r.type);
    v("role", r.role);
  }
};

template <>
struct Table<ApiKey> {
  static constexpr auto kName = "api_keys";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("user_id", r.user_id);
    v("name", r.name);
    v("sha256", r.sha256);
    v("restriction", r.restriction);
  }
};

template <>
struct Table<Organization> {
  static constexpr auto kName = "organizations";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("container_id", r.container_id);
    v("name", r.name);
    v("status", r.status);
    v("address", r.address);
    v("zip", r.zip);
    v("city", r.city);
    v("state", r.state);
    v("country", r.country);
    v("telephone", r.telephone);
    v("validation_type", r.validation_type);
    v("validated_until", r.validated_until);
  }
};

template <>
struct Table<Domain> {
  static constexpr auto kName = "domains";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("organization_id", r.organization_id);
    v("name", r.name);
    v("dcv_expires", r.dcv_expires);
  }
};

template <>
struct Table<Product> {
  static constexpr auto kName = "products";
  static constexpr auto kKey = "account_id, name_id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("name_id", r.name_id);
    v("account_id", r.account_id);
    v("name", r.name);
    v("product_group", r.group);
    v("type", r.type);
    v("validation_type", r.validation_type);
    v("duplicates_allowed", r.duplicates_allowed);
    v("names", r.names);
    v("free_names", r.free_names);
    v("is_private", r.is_private);
  }
};

template <>
struct Table<Order> {
  static constexpr auto kName = "orders";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("organization_id", r.organization_id);
    v("container_id", r.container_id);
    v("user_id", r.user_id);
    v("product", r.product);
    v("common_name", r.common_name);
    v("dns_names", r.dns_names);
    v("free_names", r.free_names);
    v("created_at", r.created_at);
    v("valid_from", r.valid_from);
    v("valid_till", r.valid_till);
    v("listed_at", r.listed_at);
    v("forced_status", r.forced_status);
    v("renewal_of", r.renewal_of);
    v("renewed_by", r.renewed_by);
    v("link_shown", r.link_shown);
    v("allow_duplicates", r.allow_duplicates);
    v("alternative_order_id", r.alternative_order_id);
    v("comments", r.comments);
    v("custom_fields", r.custom_fields);
    v("additional_emails", r.additional_emails);
    v("payment_method", r.payment_method);
    v("dcv_method", r.dcv_method);
    v("key_name", r.key_name);
    v("auto_renew", r.auto_renew);
    v("auto_reissue", r.auto_reissue);
    v("disable_renewal_notifications", r.disable_renewal_notifications);
    v("disable_ct", r.disable_ct);
  }
};

template <>
struct Table<Certificate> {
  static constexpr auto kName = "certificates";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("order_id", r.order_id);
    v("request_id", r.request_id);
    v("user_id", r.user_id);
    v("kind", r.kind);
    v("is_reissue", r.is_reissue);
    v("common_name", r.common_name);
    v("dns_names", r.dns_names);
    v("csr", r.csr);
    v("signature_hash", r.signature_hash);
    v("server_platform", r.server_platform);
    v("key_bits", r.key_bits);
    v("client_auth", r.client_auth);
    v("sub_id", r.sub_id);
    v("created_at", r.created_at);
    v("issued_at", r.issued_at);
    v("listed_at", r.listed_at);
    v("valid_from", r.valid_from);
    v("valid_till", r.valid_till);
    v("revoked_at", r.revoked_at);
    v("archived", r.archived);
    v("hidden_until_issued", r.hidden_until_issued);
    v("serial", r.serial);
    v("thumbprint", r.thumbprint);
    v("pem", r.pem);
  }
};

template <>
struct Table<CertRequest> {
  static constexpr auto kName = "requests";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("account_id", r.account_id);
    v("order_id", r.order_id);
    v("certificate_id", r.certificate_id);
    v("user_id", r.user_id);
    v("processor_id", r.processor_id);
    v("type", r.type);
    v("status", r.status);
    v("created_at", r.created_at);
    v("processed_at", r.processed_at);
    v("comments", r.comments);
    v("processor_comment", r.processor_comment);
  }
};

template <>
struct Table<Note> {
  static constexpr auto kName = "notes";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("order_id", r.order_id);
    v("user_id", r.user_id);
    v("created_at", r.created_at);
    v("text", r.text);
  }
};

template <>
struct Table<Call> {
  static constexpr auto kName = "calls";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("at", r.at);
    v("method", r.method);
    v("path", r.path);
    v("query", r.query);
    v("operation", r.operation);
    v("http_status", r.http_status);
    v("key_hash", r.key_hash);
    v("fault", r.fault);
    v("took_effect", r.took_effect);
    v("answered", r.answered);
    v("order_id", r.order_id);
    v("duration_ms", r.duration_ms);
  }
};

template <>
struct Table<Violation> {
  static constexpr auto kName = "violations";
  static constexpr auto kKey = "id";
  template <class V, class R>
  static void columns(V& v, R& r) {
    v("id", r.id);
    v("at", r.at);
    v("operation", r.operation);
    v("path", r.path);
    v("key_hash", r.key_hash);
    v("detail", r.detail);
  }
};

}  // namespace simulator
