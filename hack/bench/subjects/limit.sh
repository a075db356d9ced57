# The limit: no controller at all. A client makes only the four writes of an issuance, as fast as
# the API server takes them.
# shellcheck shell=bash disable=SC2034,SC2154

subject_title="the bare four writes"
subject_workloads=(limit)
subject_resource=duplicert.io/v1beta1/duplicatecertificaterequests/DuplicateCertificateRequest
subject_user=bench-client

subject_prepare() { :; }

subject_install() {
  kubectl apply --server-side -k "$repo/crds" >/dev/null
  wait_crds
  write_request_template
}
