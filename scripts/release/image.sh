#!/usr/bin/env bash
# Builds and pushes the transformer's image of a commit, with its SBOM and provenance; its digest goes to $out/image.
# A tag that the registry has is left as it is. CONTAINER_TOOL: docker (the default) or buildah; BUILD_TOOL: another
# command that takes `build -t NAME -f FILE CONTEXT` and leaves the image where CONTAINER_TOOL finds it.
. "$(dirname "$0")/common.sh"
need REGISTRY BUCKET
tool="${CONTAINER_TOOL:-docker}"
read -ra builder <<<"${BUILD_TOOL:-$tool}"
repository="$REGISTRY/flight-delay-transformer"
git diff --quiet HEAD 2>/dev/null || [ -n "${COMMIT:-}" ] || {
    echo "the working tree differs from $commit: commit first, for an image is named after its commit." >&2
    exit 1
}

pull() {
    if [ "$tool" = buildah ]; then
        buildah pull ${PLAIN_HTTP:+--tls-verify=false} --quiet "docker://$repository:$version"
    else
        "$tool" pull --quiet "$repository:$version"
    fi
}
push() {
    if [ "$tool" = buildah ]; then
        buildah push ${PLAIN_HTTP:+--tls-verify=false} --digestfile "$out/digest" "$repository:$version" \
            "docker://$repository:$version"
    else
        "$tool" push --quiet "$repository:$version"
        "$tool" inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$repository:$version" |
            sed -n "s|^$repository@||p" | head -n 1 >"$out/digest"
    fi
}
digest_of() { # of what is in the registry, empty if nothing is
    python -m scripts.release.registry "$repository" "$version" ${PLAIN_HTTP:+--plain-http}
}
packages() { # the names of the folders that describe the image's packages
    local list='import importlib.metadata as m; print("\n".join(sorted(d.name for d in m.distributions())))'
    if [ "$tool" = buildah ]; then
        local container
        container="$(buildah from --pull-never "$repository:$version")"
        ls "$(buildah mount "$container")"/opt/flight-delay/venv/lib/python3*/site-packages | sed -n 's/-[^-]*\.dist-info$//p'
        buildah rm "$container" >/dev/null
    else
        "$tool" run --rm --entrypoint /opt/flight-delay/venv/bin/python "$repository:$version" -c "$list"
    fi
}

digest="$(digest_of)"
if [ -n "$digest" ]; then
    say "$repository:$version is in the registry"
    pull >/dev/null
else
    say "building $repository:$version"
    "${builder[@]}" build --build-arg "VERSION=$number" --build-arg "REVISION=$commit" \
        -t "$repository:$version" -f Dockerfile.transformer . >&2
    push >&2
    digest="$(<"$out/digest")"
fi
say "image $repository@$digest"

packages >"$out/packages.txt"
python -m scripts.release.sbom "$out/packages.txt" requirements/transformer.txt "$number" >"$out/sbom.json"
python -m scripts.release.provenance "$repository" "$digest" "$commit" >"$out/provenance.json"
python -m scripts.release.bucket put "$out/sbom.json" "gs://$BUCKET/images/$digest/sbom.json"
python -m scripts.release.bucket put "$out/provenance.json" "gs://$BUCKET/images/$digest/provenance.json"
echo "$repository@$digest" >"$out/image"
