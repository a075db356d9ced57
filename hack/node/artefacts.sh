# Checks of hack/node-test.sh: the image, the flags, the metrics, the manifests. Sourced by it; it
# gives ok, same, k, on, leader, $repo, $work, $node and binary_flags.
# shellcheck shell=bash disable=SC2154

# check_image: the same bytes again, small, no shell, not root.
check_image() {
  local name
  "$repo/hack/image.sh" "${binary_flags[@]}" --out "$work/image" >/dev/null
  "$repo/hack/image.sh" "${binary_flags[@]}" --out "$work/again" >/dev/null 2>&1
  cmp "$work/image/duplicert.tar" "$work/again/duplicert.tar" || die "the image is not reproducible"
  ok "the image is reproducible"
  [ "$(stat -c %s "$work/image/duplicert.tar")" -lt $((40 << 20)) ] || die "above 40 MiB"
  ok "the image has less than 40 MiB"
  mkdir "$work/unpacked"
  tar -xf "$work/image/duplicert.tar" -C "$work/unpacked"
  for name in "$work"/unpacked/blobs/sha256/*; do tar -tzf "$name" 2>/dev/null || true; done \
    >"$work/files"
  same "programs in the image" "$(grep -E '^(usr/)?(s?bin)/.' "$work/files" | xargs)" \
    usr/bin/duplicert
  grep -q '"User":"65532:65532"' "$work"/unpacked/blobs/sha256/* || die "the user is not 65532"
  ok "the image runs as 65532"
  check_bills
}

# check_bills: the bills of materials name what is shipped and what was compiled in.
check_bills() {
  python3 - "$work/image" <<'X' || die "the bills of materials are not complete"
import json, pathlib, sys
spdx, cdx = (json.loads(pathlib.Path(sys.argv[1], name).read_text())
             for name in ("sbom.spdx.json", "sbom.cdx.json"))
names = {part["name"] for part in spdx["packages"]}
assert spdx["spdxVersion"] == "SPDX-2.3" and cdx["specVersion"] == "1.6"
assert names - {"duplicert"} == {part["name"] for part in cdx["components"]}
assert {"libc6", "libssl3", "libcurl4", "ca-certificates", "tzdata"} <= names, names
X
  ok "SPDX and CycloneDX name the same packages"
}

# check_debug: /debug answers in the Pod, and nobody else.
check_debug() {
  local ip pod view
  pod=$(leader)
  ip=$(k -n duplicert get pod "$pod" -o 'jsonpath={.status.podIP}')
  same "/debug from outside of the Pod" "$(on curl --silent --output /dev/null \
    --write-out '%{http_code}' "http://$ip:8080/debug/queue")" 404
  view=$(k -n duplicert exec "$pod" -- duplicert probe \
    'http://127.0.0.1:8080/debug/decision?key=team-a/shop')
  same "the last decision about a request" \
    "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["decision"]["reason"])' \
      <<<"$view")" Issued
}

# check_flags: the chart sets every flag of `duplicert run` that makes sense in a Pod.
check_flags() {
  local binary=$repo/build/release/duplicert flag chart=$repo/charts/duplicert/templates
  [ "${#binary_flags[@]}" -eq 0 ] || binary=${binary_flags[1]}
  "$binary" run --help >"$work/help"
  for flag in $(grep -oE '^  --[a-z-]+' "$work/help" |
    grep -vE -- '--(help|kubeconfig|context)$'); do
    grep -qE -- "- $flag(=|\$)|- --no-${flag#--}" "$chart/deployment.yaml" ||
      die "the chart has no value for $flag"
  done
  ok "the chart has a value for each flag"
}

# check_metrics: what the alerts and the dashboard ask for is what the operator exposes.
check_metrics() {
  local ip
  ip=$(k -n duplicert get pod "$(leader)" -o 'jsonpath={.status.podIP}')
  on curl --silent --fail "http://$ip:8080/metrics" >"$work/metrics"
  python3 "$repo/hack/node/metrics.py" "$work/metrics" \
    "$repo/charts/duplicert/files/alerts.yaml" "$repo/charts/duplicert/files/dashboard.json" \
    "$repo/tests/chart/alerts_test.yaml"
  ok "alerts and dashboard use metrics that exist"
}

check_apply() {
  k apply --server-side --force-conflicts --dry-run=server --validate=strict "$@" >/dev/null
}

# check_foreign: what the chart and deploy/ have for Flux, Argo CD and prometheus-operator, held
# against the CRDs of those.
check_foreign() {
  local tools
  tools=$(cat "$node/tools")
  for file in "$tools"/crds/*.yaml; do k apply --server-side -f "$file" >/dev/null; done
  k wait --for=condition=Established crd --all --timeout=60s >/dev/null
  for name in argocd flux-system; do k create namespace "$name" >/dev/null; done
  on helm template duplicert "$repo/charts/duplicert" -n duplicert \
    --set metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true \
    --show-only templates/monitoring.yaml >"$work/monitors.yaml"
  on helm template duplicert "$repo/charts/duplicert" -n duplicert \
    --set metrics.podMonitor.enabled=true --show-only templates/monitoring.yaml \
    >>"$work/monitors.yaml"
  csplit --quiet --prefix "$work/release-" "$repo/deploy/flux/helmrelease.yaml" '/^---$/+1' ||
    die "deploy/flux/helmrelease.yaml has no second object"
  foreign=("$work/monitors.yaml" "$work/release-00" "$repo/deploy/flux/requests.yaml"
    "$repo/deploy/argocd/application.yaml")
  wait_until 30 "the schemas of foreign CRDs" check_apply -f "${foreign[0]}"
  for file in "${foreign[@]}"; do check_apply -f "$file"; done
  # Nobody acts on these here: that they are stored as they stand is all there is to see.
  for file in "${foreign[@]:1}"; do k apply --server-side -f "$file" >/dev/null; done
  "$tools/oracle" -helmrelease <"$work/release-01" || die "Flux does not know that HelmRelease"
  ok "Flux, Argo CD and prometheus-operator know their objects, field by field"
}

# check_manifests: the API server takes all that we tell people to apply, field by field.
check_manifests() {
  local overlay file
  check_apply -f "$repo/deploy/install.yaml"
  for overlay in cluster namespaced simulator; do
    check_apply -k "$repo/deploy/kustomize/overlays/$overlay"
  done
  for file in "$repo"/examples/*.yaml; do
    # The namespaces of an example must be there for a dry run.
    sed -n '/^kind: Namespace$/,/^---$/s/^  name: //p' "$file" | while read -r name; do
      k create namespace "$name" >/dev/null 2>&1 || true
    done
    check_apply -f "$file"
  done
  ok "install file, overlays and examples pass the API server's strict validation"
  k get --raw /openapi/v2 >"$work/openapi.json"
  mkdir -p "$work/schemas"
  python3 "$repo/hack/node/schemas.py" "$work/openapi.json" "$work/schemas"
  "$(cat "$node/tools")/kubeconform" -strict -summary \
    -schema-location "$work/schemas/{{.ResourceKind}}{{.KindSuffix}}.json" \
    "$repo"/deploy/install.yaml "$repo"/examples/*.yaml \
    "$repo"/deploy/kustomize/base/operator.yaml \
    "$repo"/deploy/kustomize/overlays/{cluster,namespaced}/{rbac,namespace}.yaml \
    "$repo"/deploy/kustomize/overlays/simulator/simulator.yaml "${foreign[@]}" \
    >"$work/kubeconform" 2>&1 ||
    die "kubeconform: $(cat "$work/kubeconform")"
  ok "kubeconform -strict: $(tail -n 1 "$work/kubeconform")"
}
