#!/usr/bin/env bash
# Trains a bundle, judges it against the one that is served, and uploads it; version and address go to $out/bundle.
# Exits with 1 if it is not promoted: nothing is uploaded then but its name, so that the same one is not judged again
# for every commit that comes after.
. "$(dirname "$0")/common.sh"
need DATA BUCKET
rm -rf "$out/challenger" "$out/champion" "$out/bundle"
read -r champion address taken_back < <(python -m scripts.release.served "$namespace" "$release")
python -m scripts.release.bucket get-bundle "$address" "$out/champion"
python -m training --data "$DATA" --out "$out/challenger"
challenger="$(python -m scripts.release.bundle_name "$out/challenger")"
refused=no
if [ -z "${AGAIN:-}" ]; then
    [ "$challenger" != "$taken_back" ] || refuse "$challenger" "$champion"  # an abort is a person's refusal
    refused="$(python -m scripts.release.bucket has "$(refusal "$challenger")")"
fi
if [ "$challenger" = "$champion" ]; then
    say "$champion is what is served"
elif [ "$refused" = yes ]; then
    say "$challenger was refused before: $champion stays (AGAIN=1 judges it again)"
    challenger="$champion"
else
    python -m training promote --data "$DATA" --champion "$out/champion" --challenger "$out/challenger" || {
        code=$?
        [ $code -ne 1 ] || refuse "$challenger" "$champion"
        exit $code
    }
    address="gs://$BUCKET/bundles/$challenger"
    python -m scripts.release.bucket put-bundle "$out/challenger" "$address"
fi
echo "$challenger $address" >"$out/bundle"
