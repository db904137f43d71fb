#!/usr/bin/env bash
# Builds the documentation as a site into build/site, with mkdocs from an environment of its own.
# It needs npm for the one script that draws the diagrams; a link that leads nowhere fails it. The pages keep their folders, so that links lead there as they do here.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=requirements/site.txt
mermaid=mermaid-11.17.2
mermaid_sha256=6ad2f42c3fc26bbf9e45cbb6d11898972573ea52b33a5f4ff51952899f950ffd
if ! cmp -s "$lock" .venv/installed-site.txt; then
    .venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv/site
    .venv/bin/uv pip install --quiet --python .venv/site/bin/python --require-hashes -r "$lock"
    cp "$lock" .venv/installed-site.txt
fi
if [ ! -f ".venv/site/$mermaid" ]; then
    command -v npm >/dev/null || {
        echo "npm is not installed: the site takes $mermaid, which draws its diagrams, from its registry." >&2
        exit 1
    }
    (cd .venv/site && npm pack --silent "mermaid@${mermaid#mermaid-}" >/dev/null)
    echo "$mermaid_sha256  .venv/site/$mermaid.tgz" | sha256sum --check --quiet
    tar --extract --gzip --to-stdout --file ".venv/site/$mermaid.tgz" package/dist/mermaid.min.js >".venv/site/$mermaid"
    rm ".venv/site/$mermaid.tgz"
fi
rm -rf build/site build/site-pages
mkdir -p build/site-pages
# Markdown, its pictures, and the files that the pages link to.
git ls-files -z --cached --others --exclude-standard -- '*.md' '*.svg' '*.png' '*/*.html' '*Dockerfile' ':!tests' ':!rollout' |
    xargs -0 cp --parents --target-directory build/site-pages
cp scripts/site_nav.yml build/site-pages/.nav.yml
cp ".venv/site/$mermaid" build/site-pages/mermaid.min.js
# Not --quiet: it hides the warnings from --strict as well.
NO_MKDOCS_2_WARNING=1 .venv/site/bin/mkdocs build --strict
echo "$PWD/build/site/index.html"
