# coldrig: everything a person or a CI calls. `make help` lists it.
# Nothing is needed beyond Node 20.19+ and make; packages are installed by the first target that needs them.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

INSTALLED := node_modules/.installed

.PHONY: help
help: ## this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: install
install: $(INSTALLED) ## the packages, exactly as the lock file has them

# What is installed is the lock file that $(INSTALLED) holds a copy of. A node_modules that is a symbolic link belongs to another tree:
# `npm ci` would empty it for everybody, so it is used while it has the packages of this lock file, and never changed from here.
$(INSTALLED): package.json package-lock.json
	@node -e 'const [a,b]=process.versions.node.split(".").map(Number); if (a<20||(a===20&&b<19)) { console.error("coldrig needs Node 20.19 or newer; this is "+process.version); process.exit(1) }'
	@if cmp -s package-lock.json $@; then touch $@; \
	elif [ -L node_modules ]; then \
	  echo "node_modules is a symbolic link to $$(readlink node_modules), where other packages are installed than package-lock.json names." >&2; \
	  echo "Run make install in the tree that owns that folder, or remove the link to get a folder of your own." >&2; exit 1; \
	else \
	  npm ci --no-audit --no-fund --loglevel=error && ln -sf ../../cli/coldrig.mjs node_modules/.bin/coldrig && \
	  rm -f $@ && cp package-lock.json $@; \
	fi

.PHONY: run
run: $(INSTALLED) ## build, sign, boot, and watch four bad updates being rolled back
	node cli/coldrig.mjs demo

# What checks without running: each a target of its own, so that they share the cores. What a type check found out is kept for the next one.
STATIC := check-form check-types-host check-types-guests
# The native compiler takes a third of the processor time of the other one, which alone can be told what the types of AssemblyScript are.
# Several checkers at once would each work out the types that they share, and a collection of garbage at each doubling costs a fifth: in one thread,
# with more room, it takes half of the processor time, and the tests beside it have the other cores.
TYPES := --noEmit --incremental --tsBuildInfoFile build/types/
TSC_HOST := GOGC=400 node_modules/typescript-native/bin/tsc --singleThreaded $(TYPES)
TSC_GUESTS := node_modules/typescript/bin/tsc $(TYPES)
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# Prints what each found in one piece, where this make can.
IN_TURN := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: check static $(STATIC)
check: static ## formatter, linter, type checker (host and guests), tidy rules
	node_modules/.bin/vitest run hil/test/tidy protocol/generate

static: $(INSTALLED)
	@mkdir -p build/types
	@$(MAKE) --no-print-directory --keep-going -j$(CORES) $(IN_TURN) $(STATIC)

check-form: $(INSTALLED)
	node_modules/.bin/biome check --error-on-warnings .

check-types-host: $(INSTALLED)
	$(TSC_HOST)host

# Of all guests, in one program: firmware imports the others.
check-types-guests: $(INSTALLED)
	$(TSC_GUESTS)guests -p firmware

.PHONY: test
test: $(INSTALLED) ## check, and every test beside it
	@mkdir -p build
	@{ status=0; $(MAKE) --no-print-directory static >build/static.log 2>&1 || status=$$?; cat build/static.log; exit $$status; } & \
	static=$$!; status=0; \
	node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json=build/test.json || status=$$?; \
	wait $$static || { status=$$?; echo 'make test: a check without running failed; make static shows it again' >&2; }; exit $$status

.PHONY: browser-test
browser-test: $(INSTALLED) ## the report of `coldrig hil` and the pages of telemetry and fleet in Chromium, where it is installed; pictures in build/pictures
	@mkdir -p build/pictures
	COLDRIG_SCREENSHOTS=$(CURDIR)/build/pictures node_modules/.bin/vitest run --config hil/test/browser/vitest.config.ts --reporter=default --reporter=json --outputFile.json=build/browser-test.json

.PHONY: telemetry
telemetry: $(INSTALLED) ## ten virtual minutes of five devices with faults, read by the telemetry client; its fifteen indicators
	node_modules/.bin/tsx hil/test/telemetry/main.ts

.PHONY: units
units: $(INSTALLED) ## firmware and bootloader as units; after a change of one line, the tests of its folder are enough
	node_modules/.bin/vitest run $(sort $(dir $(wildcard firmware/*/*.test.ts bootloader/*.test.ts bootloader/*/*.test.ts)))

.PHONY: interop
interop: $(INSTALLED) ## the clients and signers other people wrote, where Python, Go or Rust are there
	mkdir -p build
	node_modules/.bin/vitest run --config hil/test/interop/vitest.config.ts --reporter=default --reporter=json --outputFile.json=build/interop.json

.PHONY: interop-programs
interop-programs: $(INSTALLED) ## only installs what `make interop` runs
	node_modules/.bin/tsx hil/test/interop/prepare.ts

.PHONY: campaign-test
campaign-test: $(INSTALLED) ## campaigns on a real NATS server, with workers and the server killed; where nats-server or Go is there
	node_modules/.bin/vitest run --config hil/test/campaign/vitest.config.ts

.PHONY: telemetry-test
telemetry-test: $(INSTALLED) ## telemetry with real processes that are killed, NATS and Prometheus; what is missing is left out with a line
	node_modules/.bin/vitest run --config hil/test/telemetry/live/vitest.config.ts

.PHONY: fleet-test
fleet-test: $(INSTALLED) ## a game day of a fleet with real processes that are killed, where Prometheus and Alertmanager are there
	node_modules/.bin/vitest run --config hil/test/fleet/live/vitest.config.ts

.PHONY: host-canaries
host-canaries: $(INSTALLED) ## breaks each promise of the host programs in one place, and its tests must find it; writes docs/host-canaries.md
	node_modules/.bin/tsx hil/test/host-canaries/main.ts

.PHONY: k8s-e2e
k8s-e2e: $(INSTALLED) ## the manifests of telemetry on a Kubernetes of two nodes that are killed; needs root and its programs (COLDRIG_KUBERNETES_BIN=FOLDER)
	node_modules/.bin/tsx hil/test/kubernetes/main.ts

.PHONY: lint-ci
lint-ci: $(INSTALLED) ## the CI files of `coldrig new`, by actionlint (from Go) and hadolint where they can be had
	node_modules/.bin/vitest run --config hil/test/interop/vitest.config.ts hil/test/interop/ci-files.interop.ts --reporter=verbose

.PHONY: bench
bench: $(INSTALLED) ## speed beside a peer's, medians; writes build/bench.json
	node_modules/.bin/tsx hil/test/bench/main.ts

.PHONY: proof
proof: $(INSTALLED) ## everything `coldrig prove` proves, in full; writes docs/proof.md
	node_modules/.bin/tsx hil/prove/page/page.generate.ts

.PHONY: generate
generate: $(INSTALLED) ## registers, constants, chip.svd, references, rules and dashboards from protocol/
	node_modules/.bin/tsx protocol/generate.ts
	node_modules/.bin/tsx host/telemetry/monitoring/monitoring.generate.ts

.PHONY: package
package: $(INSTALLED) ## dist/, which `npm pack` puts into the package in place of the sources
	node_modules/.bin/tsx host/tools/package/main.ts
	node_modules/.bin/tsx host/telemetry/page/package.ts
	node_modules/.bin/tsx host/fleet/page/package.ts

.PHONY: package-test
package-test: $(INSTALLED) ## the packed package in an empty folder: its libraries, a new project, docs/your-firmware.md
	mkdir -p build
	node_modules/.bin/vitest run --config hil/test/package/vitest.config.ts --reporter=default --reporter=json --outputFile.json=build/package-test.json

.PHONY: format
format: $(INSTALLED) ## format and apply the linter's safe fixes
	node_modules/.bin/biome check --write .

.PHONY: clean
clean: ## what was built; packages stay
	rm -rf build dist docs/api
