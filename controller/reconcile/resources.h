// The kinds of our own API as the API server serves them.
#pragma once

#include "api/names.h"
#include "kube/resource.h"

namespace reconcile {

inline const kube::Resource kProfiles{.group = std::string(api::kGroup),
                                      .version = std::string(api::kVersion),
                                      .plural = std::string(api::kAutomationProfileResource),
                                      .kind = std::string(api::kAutomationProfileKind)};
inline const kube::Resource kRequests{
    .group = std::string(api::kGroup),
    .version = std::string(api::kVersion),
    .plural = std::string(api::kDuplicateCertificateRequestResource),
    .kind = std::string(api::kDuplicateCertificateRequestKind)};
inline const kube::Resource kOrders{.group = std::string(api::kGroup),
                                    .version = std::string(api::kVersion),
                                    .plural = std::string(api::kCertificateOrderResource),
                                    .kind = std::string(api::kCertificateOrderKind)};

}  // namespace reconcile
