#!/usr/bin/env bash
# Packages the chart with the image's digest in it, and pushes it to the registry; its reference goes to $out/chart.
. "$(dirname "$0")/common.sh"
need REGISTRY
image="$(result image)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

if helm pull "oci://$REGISTRY/charts/flight-delay" --version "$version" "${plain[@]}" --destination "$folder" 2>/dev/null; then
    say "chart $version is in the registry"
else
    cp -r helm/flight-delay "$folder/flight-delay"
    python -m scripts.release.chart_image "$folder/flight-delay/values.yaml" "$image"
    helm package "$folder/flight-delay" --version "$version" --app-version "$version" --destination "$folder" >/dev/null
    helm push "$folder/flight-delay-$version.tgz" "oci://$REGISTRY/charts" "${plain[@]}" >&2
fi
helm show values "$folder/flight-delay-$version.tgz" | grep -qF "${image#*@}" || {
    echo "chart $version in the registry holds another image than $image: a version is never pushed twice." >&2
    exit 1
}
cp "$folder/flight-delay-$version.tgz" "$out/chart.tgz"
say "chart oci://$REGISTRY/charts/flight-delay:$version"
