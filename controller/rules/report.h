// report: the status that a person, kubectl wait and GitOps tools see. Pure.
// Ready stays True while a renewal is under way or fails; Reconciling and Stalled follow kstatus
// (sigs.k8s.io/cli-utils, pkg/kstatus): abnormal-true, never both, absent while Ready is True.
#pragma once

#include <optional>

#include "rules/action.h"
#include "rules/observed.h"

namespace rules {

// The status after a pass that ended with `made`. `seen` is what that decision was made from.
api::DuplicateCertificateRequestStatus report(const Observed& seen, const Decision& made);

// When the request is looked at again by itself; nullopt: when something changes. A routine look
// that the status has announced stays where it is while nothing else is new, so that a restart does
// not write ten thousand statuses to announce it anew.
std::optional<base::TimePoint> wake_up(const Observed& seen, const Decision& made);

// What goes into status.candidates, ten at most, names cut to ten each.
std::vector<api::Candidate> candidates_of(const Decision& made);

// What the Event about an installation says; `seen` is what it was decided from.
std::string issued_text(const Observed& seen, const InstallCertificate& made);

}  // namespace rules
