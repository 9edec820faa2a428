#!/usr/bin/env bash
# A Debian package of the program in $BUILD, by dpkg-deb alone: no root, the same bytes from the same commit.
set -eu
build=${BUILD:-build}
stage=$build/deb
described=$(git describe --tags --match 'v[0-9]*' 2>/dev/null || true)
if [ -n "$described" ]; then
    version=$(printf '%s' "${described#v}" | tr - +)
else
    version=0.1.0+git$(git rev-list --count HEAD 2>/dev/null || echo 0).$(git rev-parse --short HEAD 2>/dev/null || echo none)
fi
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
architecture=$(dpkg --print-architecture)
package=$build/intake_${version}_$architecture.deb
document=$stage/usr/share/doc/intake

rm -rf "$stage"
mkdir -p "$stage/DEBIAN" "$document"
BUILD=$build DESTDIR=$stage PREFIX=/usr tui/package/install.sh
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$stage/usr/bin/intake"

# The packages of the libraries that the program names itself.
depends=$(readelf -d "$stage/usr/bin/intake" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    while read -r library; do
        path=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
        path=$(readlink -f "$path")
        { dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}"; } | head -n 1 | cut -d : -f 1
    done | sort -u | paste -sd , | sed 's/,/, /g')

cat > "$stage/DEBIAN/control" <<CONTROL
Package: intake
Version: $version
Architecture: $architecture
Maintainer: Intake maintainers <intake@intake.example>
Installed-Size: $(du -k -s "$stage/usr" | cut -f 1)
Depends: $depends
Section: admin
Priority: optional
Description: console for the uploads of a marketplace's vendors
 Vendors upload product catalogues as CSV; a pipeline of three functions takes
 them into a database and tells the vendors what was wrong. This is the console
 of those who run it: history, validation errors, dead letters, re-validation,
 notices and reports, full-screen or as commands for scripts.
CONTROL

{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'
    printf 'Upstream-Name: intake\n\nFiles: *\nCopyright: %s\nLicense: Expat\n' \
        "$(sed -n 's/^Copyright (c) //p' LICENSE | head -n 1)"
    sed '1,/^Copyright/d; s/^$/./; s/^/ /' LICENSE | sed '1{/^ \.$/d}'
} > "$document/copyright"

printf 'intake (%s) stable; urgency=medium\n\n  * Built from commit %s.\n\n -- Intake maintainers <intake@intake.example>  %s\n' \
    "$version" "$(git rev-parse --short HEAD 2>/dev/null || echo none)" \
    "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n > "$document/changelog.gz"

(cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$stage/DEBIAN/md5sums"
chmod -R u=rwX,go=rX "$stage"
rm -f "$build"/intake_*.deb
dpkg-deb --root-owner-group --build "$stage" "$package" > /dev/null
echo "$package"
