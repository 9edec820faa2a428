#!/bin/sh
# Writes a C header with the given SQL files: migrations NNNN_name.sql as a table, roles.sql as a string.
# One string literal per line of SQL would pass the 4,095 characters that C11 promises, so bytes it is.
set -eu

checksum() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else openssl dgst -sha256 -r <"$1"; fi | cut -c1-64
}

bytes() {
    printf 'static const char %s[] = {\n' "$1"
    od -An -v -td1 <"$2" | sed -e 's/^ *//' -e 's/  */,/g' -e 's/$/,/'
    printf '0};\n'
}

printf '/* Made by sql/embed.sh; not to be edited. */\n'
table=''
for file; do
    base=${file##*/}
    if [ "$base" = roles.sql ]; then
        bytes roles_sql "$file"
        continue
    fi
    number=${base%%_*}
    name=${base#*_}
    name=${name%.sql}
    version=$(printf '%s' "$number" | sed 's/^0*//')
    bytes "migration_$number" "$file"
    table="$table    {$version, \"$name\", \"$(checksum "$file")\", migration_$number},
"
done
printf 'static const struct migration migrations_embedded[] = {\n%s};\n' "$table"
