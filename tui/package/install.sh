#!/usr/bin/env bash
# The program, its man pages and its completions under $DESTDIR$PREFIX. All text is made by the program
# itself, from its own tables.
set -eu
build=${BUILD:-build}
prefix=${DESTDIR:-}${PREFIX:-/usr/local}
program=$build/intake
# Debian keeps the completions of packages apart from those of the site.
case ${PREFIX:-/usr/local} in
    /usr) zsh=share/zsh/vendor-completions ;;
    *) zsh=share/zsh/site-functions ;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

place() { # MODE SOURCE TARGET
    install -D -m "$1" "$2" "$prefix/$3"
}

page() { # TARGET ARGUMENT...
    local target=$1
    shift
    "$program" help --man "$@" > "$scratch/page"
    gzip -9n < "$scratch/page" > "$scratch/page.gz"
    place 644 "$scratch/page.gz" "$target.gz"
}

completion() { # SHELL TARGET
    "$program" help --completion "$1" > "$scratch/completion"
    place 644 "$scratch/completion" "$2"
}

place 755 "$program" bin/intake
page share/man/man1/intake.1
page share/man/man5/intake-config.5 config
page share/man/man7/intake-console.7 console
while read -r name; do
    # shellcheck disable=SC2086 # "dlq list" is two words
    page "share/man/man1/intake-${name// /-}.1" $name
done < <("$program" help --list)
completion bash share/bash-completion/completions/intake
completion zsh "$zsh/_intake"
completion fish share/fish/vendor_completions.d/intake.fish
