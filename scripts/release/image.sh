#!/usr/bin/env bash
# Builds and pushes the transformer's image of a commit, with its SBOM and provenance; its digest goes to $out/image.
# A tag that the registry has is left as it is. CONTAINER_TOOL: docker (the default) or buildah; BUILD_TOOL: another
# command that takes `build -t NAME -f FILE CONTEXT` and leaves the image where CONTAINER_TOOL finds it.
. "$(dirname "$0")/common.sh"
need REGISTRY BUCKET
tool="${CONTAINER_TOOL:-docker}"
read -ra builder <<<"${BUILD_TOOL:-$tool}"
repository="$REGISTRY/flight-delay-transformer"
sources=(flights transformer requirements/transformer.txt Dockerfile.transformer .dockerignore helm/flight-delay)
changed="$([ -n "${COMMIT:-}" ] || git status --porcelain -- "${sources[@]}")"  # those that git does not know too
[ -z "$changed" ] || wrong "these differ from commit $commit, after which image and chart are named: commit first.
$changed"

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
look() { # what the image has: Python's packages by their folders' names, and what its base says of its own
    local list='import importlib.metadata as m; print("\n".join(sorted(d.name for d in m.distributions())))'
    local dpkg=/var/lib/dpkg/status system=/etc/os-release
    if [ "$tool" = buildah ]; then
        local container root
        container="$(buildah from --pull-never "$repository:$version")"
        root="$(buildah mount "$container")"
        ls "$root"/opt/flight-delay/venv/lib/python3*/site-packages | sed -n 's/-[^-]*\.dist-info$//p' >"$out/packages.txt"
        cat "$root$dpkg" >"$out/dpkg" || say "its base has no $dpkg: the SBOM has Python's packages alone"
        cat "$root$system" >"$out/system" || true
        buildah rm "$container" >/dev/null
    else
        run() { "$tool" run --rm --entrypoint "$1" "$repository:$version" "${@:2}"; }
        run /opt/flight-delay/venv/bin/python -c "$list" >"$out/packages.txt"
        run cat "$dpkg" >"$out/dpkg" || say "its base has no $dpkg: the SBOM has Python's packages alone"
        run cat "$system" >"$out/system" || true
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

look
python -m scripts.release.sbom "$out/packages.txt" requirements/transformer.txt "$number" "$out/dpkg" "$out/system" \
    >"$out/sbom.json"
python -m scripts.release.provenance "$repository" "$digest" "$commit" >"$out/provenance.json"
python -m scripts.release.bucket put "$out/sbom.json" "gs://$BUCKET/images/$digest/sbom.json"
python -m scripts.release.bucket put "$out/provenance.json" "gs://$BUCKET/images/$digest/provenance.json"
echo "$repository@$digest" >"$out/image"
