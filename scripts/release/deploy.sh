#!/usr/bin/env bash
# Installs or upgrades the release from the pushed chart, with the versions that it serves; goes back if pods do not come.
# A release that is new serves the shipped bundle, bundles/scl.
. "$(dirname "$0")/common.sh"
need REGISTRY BUCKET VALUES
image="$(result image)"
arguments=(upgrade --install "$release" "oci://$REGISTRY/charts/flight-delay" --version "$version" "${plain[@]}"
    --namespace "$namespace" --values "$VALUES" --description "commit ${commit:0:12}"
    # in the release's own values too, so that a rollout with the repository's chart keeps it
    --set "transformer.image.repository=${image%@*},transformer.image.digest=${image#*@}")

undo=(uninstall "$release")
if helm status "$release" --namespace "$namespace" >/dev/null 2>&1; then
    undo=(rollback "$release")
    helm "${arguments[@]}" --reset-then-reuse-values >/dev/null
else
    first="$(python -m scripts.release.bundle_name bundles/scl)"
    python -m scripts.release.bucket put-bundle bundles/scl "gs://$BUCKET/bundles/$first"
    helm "${arguments[@]}" --create-namespace --set "versions.$first.bundle=gs://$BUCKET/bundles/$first" \
        --set "versions.$first.weight=100" >/dev/null
fi
say "waiting for pods of $image"
python -m scripts.release.pods "$namespace" "$release" "$image" "${PODS_WAIT:-300}" || {
    helm "${undo[@]}" --namespace "$namespace" >/dev/null && say "undone: helm ${undo[*]}"
    exit 1
}
