#!/usr/bin/env bash
# Puts prometheus and promtool out of Debian's package into build/prometheus/usr/bin; does nothing where they are.
# The package is unpacked, not installed: installed, it would start a server.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/prometheus/usr/bin/promtool ] && exit 0
mkdir -p build/prometheus
cd build/prometheus
download() { apt-get download --quiet -o APT::Sandbox::User=root prometheus; }
download || { apt-get update --quiet && download; }  # a new machine has no package lists
dpkg --extract prometheus_*.deb .
rm prometheus_*.deb
