# Everything one does with a checkout of Denicorn. `make` alone lists it.

DENO_VERSION := 2.9.6
TOOLS := $(CURDIR)/.tools

# The Deno on PATH if it is the pinned one, else one of our own, from the npm registry.
DENO ?= $(or $(shell deno --version 2>/dev/null | grep -qF 'deno $(DENO_VERSION) ' && command -v deno), \
	$(TOOLS)/deno-$(DENO_VERSION)/node_modules/deno/deno)
DENO := $(strip $(DENO))

# Behind a private certificate authority, Deno must trust what the system trusts.
export DENO_TLS_CA_STORE ?= system
# Downloads are kept here, so that no usable HOME is needed.
export DENO_DIR ?= $(TOOLS)/deno-dir
ifeq ($(shell test -w "$$HOME" && echo yes),)
export npm_config_cache ?= $(TOOLS)/npm-cache
endif
ifdef CI
export NO_COLOR ?= 1
endif

PACKAGES := node_modules/.installed
PROGRAM := main.ts deno.json deno.lock $(shell find src scripts -type f)

.DEFAULT_GOAL := help
.PHONY: help serve test test-slow-units test-other-units test-frameworks ok words build dist bench bench-quick bench-loss bench-chaos docs screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(PACKAGES) ## Run the guestbook example from source on http://127.0.0.1:8000
	@DENO='$(DENO)' exec sh scripts/serve.sh

# Unit tests may change what belongs to the whole process, such as its directory, so two processes run half of them each.
# Those of integration wait a lot, so three files run at a time. Only they run the binary. What loads the machine itself
# runs at the end, with less beside it.
SLOW_UNITS := tests/app tests/tasks
LOADS := tests/integration/loss_test.ts tests/integration/task_chaos_test.ts
comma := ,
list = $(subst $() ,$(comma),$(strip $(1)))

test: $(if $(filter-out tests/integration%,$(FILE)),$(PACKAGES),dist/denicorn) ## Run all tests, from source and with the binary; FILE=tests/core/pool runs what is there
ifdef FILE
	BINARY_UNDER_TEST='$(CURDIR)/dist/denicorn' '$(DENO)' test -A $(FILE)
else
	'$(DENO)' check .
	export BINARY_UNDER_TEST='$(CURDIR)/dist/denicorn'; failed=0; \
	$(UNITS) || failed=1; \
	DENO_JOBS=3 '$(DENO)' test -A --no-check --parallel --ignore=$(call list,$(LOADS)) tests/integration || failed=1; \
	DENO_JOBS=2 '$(DENO)' test -A --no-check --parallel $(LOADS) || failed=1; \
	exit $$failed
endif

# Each half is printed when it is over, because the output is counted.
UNITS = '$(MAKE)' --no-print-directory --keep-going --jobs=2 --output-sync=target test-slow-units test-other-units

test-slow-units: $(PACKAGES)
	'$(DENO)' test -A --no-check $(SLOW_UNITS)

test-other-units: $(PACKAGES)
	'$(DENO)' test -A --no-check --ignore=$(call list,tests/integration $(SLOW_UNITS)) tests/

test-frameworks: dist/denicorn ## Build apps of frameworks with npm and run them, in minutes; NAME=next runs those named so
	'$(DENO)' run -A tests/frameworks/run.ts $(NAME)

ok: $(PACKAGES) ## Check format, lint, words, types and unit tests, in seconds
	'$(DENO)' fmt --check
	'$(DENO)' lint
	'$(DENO)' run --allow-read lint/words/check.ts
	'$(DENO)' check .
	$(UNITS)

words: $(PACKAGES) ## Check spelling, and for words that have a better one
	@'$(DENO)' run --allow-read lint/words/check.ts

build: dist/denicorn ## Compile dist/denicorn, one executable for this machine

dist: dist/denicorn ## Make a release for linux x64 and arm64 in dist/: archives, packages, checksums
	'$(DENO)' run -A scripts/dist.ts

bench: dist/denicorn ## Measure Denicorn and its peers side by side; BENCH=hello runs the cells named so
	@'$(DENO)' run -A bench/compare/main.ts $(BENCH)
	@test -n '$(BENCH)' || for script in bench/*.ts; do '$(DENO)' run -A "$$script" || exit; done

bench-quick: dist/denicorn ## Compare Denicorn with bare Deno.serve and check the targets, in three minutes
	@'$(DENO)' run -A bench/compare/main.ts --quick $(BENCH)

bench-loss: dist/denicorn ## Prove that no request is lost; BENCH=hup runs the cells named so, SHORT=1 a tenth of everything
	@'$(DENO)' run -A bench/loss/main.ts $(if $(SHORT),--short) $(BENCH)

bench-chaos: dist/denicorn ## Kill, stop and starve processes under load for 20 minutes, SHORT=1 for two; BENCH=binary runs one program
	@'$(DENO)' run -A bench/chaos/main.ts $(if $(SHORT),--short) $(BENCH)

docs: $(PACKAGES) ## Write the pages in docs/ that are made from the code
	'$(DENO)' run -A scripts/write_docs.ts
	'$(DENO)' run -A scripts/write_curves.ts
	'$(DENO)' run -A scripts/bundle_page.ts

screenshots: dist/denicorn ## Make the screenshots of the dashboard in docs/, in minutes
	'$(DENO)' run -A scripts/screenshots.ts

clean: ## Remove what was built; downloads stay in .tools/
	rm -rf dist node_modules

# Asked for by name, the binary is compiled even if it is newer than its sources.
ifneq ($(filter build,$(MAKECMDGOALS)),)
.PHONY: dist/denicorn
endif
dist/denicorn: $(PROGRAM) $(PACKAGES)
	'$(DENO)' run -A scripts/build.ts

# The only step that needs a network. node_modules is there for the examples: apps are bundled from it.
$(PACKAGES): deno.json deno.lock | $(DENO)
	'$(DENO)' install --quiet --frozen --node-modules-dir=auto
	@touch $@

$(TOOLS)/deno-$(DENO_VERSION)/node_modules/deno/deno:
	@sh scripts/install_deno.sh $(DENO_VERSION)
