// Handlers: one function for each documented operation. They run under the server's lock, inside a
// transaction that is committed when the answer is not a refusal.
#pragma once

#include "simulator/world.h"

namespace simulator {

using CallHandler = Answer (*)(World& world, Exchange& exchange);

// handle_account.cpp
Answer handle_user_me(World& world, Exchange& exchange);
Answer handle_account(World& world, Exchange& exchange);
Answer handle_organization_list(World& world, Exchange& exchange);
Answer handle_organization_info(World& world, Exchange& exchange);
Answer handle_product_list(World& world, Exchange& exchange);
Answer handle_product_info(World& world, Exchange& exchange);
Answer handle_domain_list(World& world, Exchange& exchange);
Answer handle_domain_info(World& world, Exchange& exchange);

// handle_orders.cpp
Answer handle_order_list(World& world, Exchange& exchange);
Answer handle_order_info(World& world, Exchange& exchange);
Answer handle_order_alternate(World& world, Exchange& exchange);
Answer handle_status_changes(World& world, Exchange& exchange);
Answer handle_note_create(World& world, Exchange& exchange);
Answer handle_note_list(World& world, Exchange& exchange);
Answer handle_custom_field(World& world, Exchange& exchange);
Answer handle_check_dcv(World& world, Exchange& exchange);

// handle_duplicates.cpp
Answer handle_duplicate_create(World& world, Exchange& exchange);
Answer handle_duplicate_list(World& world, Exchange& exchange);
Answer handle_reissue_list(World& world, Exchange& exchange);

// handle_place.cpp
Answer handle_order_place(World& world, Exchange& exchange);

// handle_downloads.cpp
Answer handle_download(World& world, Exchange& exchange);
Answer handle_download_platform(World& world, Exchange& exchange);
Answer handle_download_by_order(World& world, Exchange& exchange);
Answer handle_chain(World& world, Exchange& exchange);
Answer handle_intermediates(World& world, Exchange& exchange);

// handle_requests.cpp
Answer handle_request_info(World& world, Exchange& exchange);
Answer handle_request_list(World& world, Exchange& exchange);
Answer handle_request_status(World& world, Exchange& exchange);

// handle_forbidden.cpp: what a client of duplicates must never call. They work.
Answer handle_certificate_revoke(World& world, Exchange& exchange);
Answer handle_order_revoke(World& world, Exchange& exchange);
Answer handle_order_status(World& world, Exchange& exchange);
Answer handle_reissue(World& world, Exchange& exchange);
Answer handle_archive(World& world, Exchange& exchange);
Answer handle_auto_reissue(World& world, Exchange& exchange);
Answer handle_metadata(World& world, Exchange& exchange);

}  // namespace simulator
