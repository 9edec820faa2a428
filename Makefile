# Intake: a core library with two faces, a terminal console and Lambda functions.
# `make help` lists the targets; every one that needs packages runs `make deps` first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

BUILD ?= build
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
DESTDIR ?=
SANITIZE ?=
OPTIMIZE ?= -O2
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0)

LIBRARIES := libpq libcurl json-c libssl libcrypto ncursesw libutf8proc expat
DEPS_STAMP := var/deps.stamp

# BUILD is another folder with a sanitizer, hence the late expansion.
CPPFLAGS = -I. -I$(BUILD) -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -D_FILE_OFFSET_BITS=64 \
	-include core/base/banned.h
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wvla -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Werror
HARDENING := -fstack-protector-strong -fPIE -fno-plt
CFLAGS := -std=c11 -g $(OPTIMIZE) $(WARNINGS) $(HARDENING) -pthread
LDFLAGS := -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed -pthread

comma := ,
ifneq ($(SANITIZE),)
BUILD := build-$(subst $(comma),-,$(SANITIZE))
CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SANITIZE)
else
CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# pkg-config is asked when a recipe runs, not when this file is read: it may not be installed yet.
# Feature macros are ours to set: ncursesw names older ones.
PKG_CFLAGS = $(filter-out -D_%,$(shell pkg-config --cflags $(LIBRARIES) inih 2>/dev/null))
LIBS_COMMON = -lpq -lcurl -ljson-c -lcsv -lssl -lcrypto -lexpat -lutf8proc -lm
LIBS_PROFILES = -linih
LIBS_TUI = $(LIBS_PROFILES) -lncursesw -ltinfo

# Every C file of a floor, whichever of its rooms it lies in.
sources = $(sort $(shell find $(1) -name '*.c'))
LAMBDA_MAINS := $(wildcard lambda/main_*.c)
LAMBDA_SOURCES := $(filter-out $(LAMBDA_MAINS),$(call sources,lambda))
TUI_SOURCES := $(filter-out tui/main.c,$(call sources,tui))
UNIT_SOURCES := $(shell find tests/unit -name 'test_*.c')
TOOL_SOURCES := $(wildcard tests/tools/*.c)
BENCH_SOURCES := $(wildcard tests/bench/*.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBRARY := $(BUILD)/libintake.a
LIBRARY_OBJECTS := $(call objects,$(call sources,core aws sql))
EMBEDDED := $(BUILD)/generated/migrations_embedded.h
CERTIFICATES := $(BUILD)/generated/rds_certificates.h
VERSION_HEADER := $(BUILD)/generated/version.h
FUNCTIONS := csv-parser product-validator error-processor intake-migrate
BOOTSTRAPS := $(foreach f,$(FUNCTIONS),$(BUILD)/lambda/$(f)/bootstrap)
ZIPS := $(foreach f,$(FUNCTIONS),$(BUILD)/lambda/$(f).zip)
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))
TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(TOOL_SOURCES))
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SOURCES))

.SECONDARY:
.PHONY: all
all: $(DEPS_STAMP) $(BUILD)/intake $(ZIPS) ## build the console and the functions

$(BUILD)/obj/%.o: %.c Makefile | $(EMBEDDED) $(CERTIFICATES) $(VERSION_HEADER) $(DEPS_STAMP)
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# q, not r: two rooms may have a file of the same name.
$(LIBRARY): $(LIBRARY_OBJECTS)
	@echo "  AR $@"
	@rm -f $@ && ar qcs $@ $^

# Looked at each time, written only when the version is another one.
.PHONY: FORCE
$(VERSION_HEADER): FORCE
	@mkdir -p $(@D)
	@echo '#define INTAKE_VERSION "$(VERSION)"' | cmp -s - $@ || echo '#define INTAKE_VERSION "$(VERSION)"' > $@

$(EMBEDDED): $(wildcard sql/migrations/*.sql) sql/roles.sql sql/embed.sh
	@mkdir -p $(@D)
	@echo "  GEN $@"
	@sql/embed.sh sql/migrations/*.sql sql/roles.sql > $@

$(CERTIFICATES): lambda/image/rds-certificates.pem lambda/image/embed.sh
	@mkdir -p $(@D)
	@echo "  GEN $@"
	@lambda/image/embed.sh $< > $@

$(BUILD)/intake: $(call objects,tui/main.c $(TUI_SOURCES)) $(LIBRARY)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $^ $(LIBS_COMMON) $(LIBS_TUI) -o $@

define function_rule
$(BUILD)/lambda/$(1)/bootstrap: $(call objects,lambda/main_$(subst -,_,$(1)).c $(LAMBDA_SOURCES)) $(LIBRARY)
	@mkdir -p $$(@D)
	@echo "  LD $$@"
	@$$(CC) $$(LDFLAGS) $$^ $$(LIBS_COMMON) -o $$@
$(BUILD)/lambda/$(1).zip: $(BUILD)/lambda/$(1)/bootstrap
	@echo "  ZIP $$@"
	@rm -f $$@ && zip -q -X -j $$@ $$<
endef
$(foreach f,$(FUNCTIONS),$(eval $(call function_rule,$(f))))

.PHONY: bootstraps images clean-images
bootstraps: $(BOOTSTRAPS)
images: $(DEPS_STAMP) ## the functions' images in build/images, with docker, podman or buildah; PLATFORM=
	@IMAGES=$(BUILD)/images lambda/image/build $(FUNCTIONS)
clean-images: ## drop the images and what their builds keep in var/images
	@lambda/image/remove $(BUILD)/images var/images

$(UNIT_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $(filter %.o,$^) $(LIBRARY) $(LIBS_COMMON) $(LIBS_TUI) -lcmocka -o $@

$(TOOLS): $(BUILD)/tests/%: $(BUILD)/obj/tests/tools/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $^ $(LIBS_COMMON) $(LIBS_PROFILES) -o $@

# What the harness preloads into a function: no part of a program.
PRELOAD := $(BUILD)/tests/points.so
$(PRELOAD): tests/tools/preload/points.c
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CPPFLAGS) -std=c11 -g -O2 $(WARNINGS) -fPIC -shared $< -o $@

$(BENCHES): $(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $^ $(LIBS_COMMON) -o $@

# Of a fuzz target only what it calls is linked. What drives it is a program of ours that runs over seeds and
# what is near them, or libFuzzer where FUZZ_ENGINE= says so.
FACES := $(BUILD)/libfaces.a
FUZZ_ENGINE ?=
$(FACES): $(call objects,$(TUI_SOURCES) $(LAMBDA_SOURCES))
	@echo "  AR $@"
	@rm -f $@ && ar qcs $@ $^
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(if $(FUZZ_ENGINE),,$(BUILD)/obj/tests/fuzz/replay.o) $(FACES) $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) $(FUZZ_ENGINE) $^ $(LIBS_COMMON) $(LIBS_TUI) -o $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# Tests that look inside a face link its objects too: name them here, one line each.
$(filter $(BUILD)/tests/unit/tui/%,$(UNIT_TESTS)): $(call objects,$(TUI_SOURCES))
$(filter $(BUILD)/tests/unit/lambda/%,$(UNIT_TESTS)): $(call objects,$(LAMBDA_SOURCES))

.PHONY: deps
deps: ## install what is missing: Debian packages and the Python environment under var/venv
	@tests/tools/deps.sh

$(DEPS_STAMP): tests/tools/deps.sh tests/tools/packages.txt tests/tools/requirements.txt
	@tests/tools/deps.sh

.PHONY: demo up down status clean-var
demo: all ## the main job on a fresh machine: local stack, sample uploads, the console
	@BUILD=$(BUILD) tests/tools/stack demo
up: all ## start the local stack under var/ (safe to run twice)
	@BUILD=$(BUILD) tests/tools/stack up
down: ## stop the local stack, keep its data
	@tests/tools/stack down
status: ## what of the local stack runs, and where
	@tests/tools/stack status
clean-var: ## stop the local stack and drop its data
	@tests/tools/stack drop

.PHONY: test unit tools
tools: $(UNIT_TESTS) $(TOOLS) $(FUZZERS) $(PRELOAD)
test: all tools ## every test that must hold; CI runs the same
	@BUILD=$(BUILD) tests/tools/run-tests
unit: $(UNIT_TESTS) $(FUZZERS) ## the unit tests alone
	@BUILD=$(BUILD) tests/tools/run-tests unit

.PHONY: test-images
test-images: all ## the functions' images: what they hold, a file's whole way through them, a registry
	@BUILD=$(BUILD) tests/tools/test-images

.PHONY: years capacity
years: all ## fill the local stack's database with two years of history: UPLOADS= VENDORS=, or DATABASE=
	@UPLOADS=$(UPLOADS) VENDORS=$(VENDORS) DATABASE=$(DATABASE) tests/tools/years
capacity: $(DEPS_STAMP) ## price of a month and the limit met first: RECORDS_PER_DAY= UPLOADS= VENDORS=
	@var/venv/bin/python lambda/deployment/capacity.py $(if $(RECORDS_PER_DAY),--records-per-day $(RECORDS_PER_DAY)) \
	    $(if $(UPLOADS),--uploads $(UPLOADS)) $(if $(VENDORS),--vendors $(VENDORS))

.PHONY: audit
audit: all ## linked libraries that have a newer version, or a security fix, in Debian's archive
	@BUILD=$(BUILD) tests/checks/audit

.PHONY: model
model: $(DEPS_STAMP) ## the protocol of ledger, outbox and notice under spin: every promise, every planted fault
	@var/venv/bin/python tests/model/check.py

.PHONY: check-floors
check-floors: ## the house rules: floors, headers that compile alone, file sizes
	@tests/checks/floors && CC=$(CC) BUILD=$(BUILD) tests/checks/headers

.PHONY: lint format compile_commands.json
lint: $(DEPS_STAMP) $(EMBEDDED) $(CERTIFICATES) $(VERSION_HEADER) ## layout, both compilers, clang-tidy, cppcheck, shellcheck, the template
	@BUILD=$(BUILD) tests/checks/lint
format: ## clang-format over all C files
	@tests/tools/deps.sh lint
	@git ls-files '*.c' '*.h' | xargs clang-format -i
compile_commands.json: ## for editors and clang-tidy
	@BUILD=$(BUILD) tests/checks/compile-commands > $@
.PHONY: prove-policies
prove-policies: all ## takes each policy statement away: a named test fails without it (slow)
	@BUILD=$(BUILD) var/venv/bin/python tests/tools/prove_policies.py $(STATEMENTS)
.PHONY: print-flags
print-flags:
	@echo '$(CPPFLAGS) $(PKG_CFLAGS) $(filter-out -O%,$(CFLAGS))'

.PHONY: bench fuzz monkey chaos mutants coverage screenshots
bench: all $(BENCHES) ## the figures of the README; writes build/bench.json
	@BUILD=$(BUILD) tests/bench/run
SECONDS_EACH := $(if $(filter environment command\ line,$(origin SECONDS)),$(SECONDS),30)
fuzz: $(DEPS_STAMP) ## libFuzzer over every parser, SECONDS= or RUNS= each; TARGETS="csv keys"
	@RUNS=$(RUNS) tests/fuzz/run $(SECONDS_EACH) $(TARGETS)
KEYS ?= 100000
monkey: $(DEPS_STAMP) ## random keys, broken sequences and signals for the console under sanitizers: KEYS= SEED=
	@$(MAKE) -s SANITIZE=address,undefined build-address-undefined/intake build-address-undefined/tests/db_probe
	@BUILD=build-address-undefined MONKEY_KEYS=$(KEYS) MONKEY_SEED="$(SEED)" \
	    var/venv/bin/python -m pytest -q -s -p no:cacheprovider -n 0 tests/console/test_console_monkey.py
chaos: all $(PRELOAD) ## faults, kills and repeated deliveries for SECONDS=, or UPLOADS= and FAULTS=; SEED=; CHECK=1: the judge alone
	@BUILD=$(BUILD) UPLOADS=$(UPLOADS) FAULTS=$(FAULTS) SEED=$(SEED) CHECK=$(CHECK) JOBS=$(JOBS) tests/tools/chaos $(SECONDS_EACH)
mutants: $(DEPS_STAMP) ## plants faults in a copy, reports those that no test sees: SEED= FROM= COUNT= ONLY=file LIMIT= seconds, UNITS=1
	@PYTHONPATH=tests/tools var/venv/bin/python -m mutants $(if $(SEED),--seed $(SEED)) $(if $(FROM),--from $(FROM)) \
	    $(if $(COUNT),--count $(COUNT)) $(if $(ONLY),--only $(ONLY)) $(if $(LIMIT),--seconds $(LIMIT)) $(if $(UNITS),--units)
coverage: ## line and branch coverage of the tests, in build-coverage/; TESTS="unit tests/integration/aws"
	@tests/tools/coverage $(TESTS)
screenshots: all ## the pictures of the README, from the real program
	@screenshots/make

.PHONY: install deb clean help
install: all ## binary, man pages and completions under DESTDIR and PREFIX
	@BUILD=$(BUILD) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) tui/package/install.sh
deb: all ## a Debian package in build/
	@BUILD=$(BUILD) tui/package/deb.sh
clean: ## drop what was built
	@rm -rf build build-* compile_commands.json
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z_. -]*:.*## / {split($$1, t, " "); printf "  make %-24s %s\n", t[1], $$2}' Makefile
