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
    "$repo"/deploy/kustomize/overlays/simulator/simulator.yaml >"$work/kubeconform" 2>&1 ||
    die "kubeconform: $(cat "$work/kubeconform")"
  ok "kubeconform -strict: $(tail -n 1 "$work/kubeconform")"
}
