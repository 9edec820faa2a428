#!/bin/sh
# Writes a C header with the certificates of RDS, for the program that says when one of them ends.
set -eu
printf '/* Made by lambda/image/embed.sh; not to be edited. */\nstatic const char rds_certificates[] = {\n'
od -An -v -td1 < "$1" | sed -e 's/^ *//' -e 's/  */,/g' -e 's/$/,/'
printf '0};\n'
