# SPDX-License-Identifier: Apache-2.0
# A thin front door: the work is done by CMakePresets.json and scripts/.
.PHONY: build run test lint docs stress mutants accept-skeleton accept-events accept-bench accept-engine accept-cardinality \
	accept-catalogue accept-workload bench vm demo help

build: ## build/release/ringtally
	@cmake --preset release >/dev/null
	@cmake --build --preset release

run: ## install what is missing, build, start with the built-in config (root)
	@scripts/deps.sh build
	@$(MAKE) --no-print-directory build
	@[ "$$(id -u)" -eq 0 ] || \
		echo "make run: loading BPF programs needs root (or CAP_BPF and CAP_PERFMON): sudo make run" >&2
	@exec ./build/release/ringtally run

test: ## install what is missing, build, run the tests (root for those that load BPF programs)
	@scripts/deps.sh build test
	@scripts/test.sh

lint: ## formatting, static checks, spelling, layers, licences
	@scripts/deps.sh build test lint
	@scripts/lint.sh

docs: ## docs/configuration.md and docs/probes.md anew, from the config's tables and the probes
	@scripts/deps.sh build test
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --target configuration_md probes_md
	@build/dev/tests/configuration_md write docs/configuration.md
	@build/dev/tests/probes_md write docs/probes.md

stress: ## the long runs: ThreadSanitizer, each fuzz target for 60 s, 20 storms of a minute (root)
	@scripts/deps.sh build test fuzz
	@cmake --workflow --preset tsan
	@cmake --workflow --preset fuzz
	@scripts/storm.sh

mutants: ## whether the unit tests notice each of tests/mutants; NAME=... only that one
	@scripts/deps.sh build test mutants
	@scripts/mutants.sh $(NAME)

accept-skeleton: ## the acceptance run of the first version (root)
	@scripts/deps.sh build test
	@$(MAKE) --no-print-directory build
	@tests/accept/skeleton.sh

accept-events: ## the acceptance run of block I/O, run queues, histograms and filters (root)
	@scripts/deps.sh build test
	@$(MAKE) --no-print-directory build
	@tests/accept/events.sh

accept-bench: ## the acceptance run of the bench (root; a quarter of an hour on a quiet machine)
	@scripts/deps.sh build test peers
	@$(MAKE) --no-print-directory build
	@tests/accept/bench.sh

accept-engine: ## the acceptance run of the engine (root; a quarter of an hour on a quiet machine)
	@scripts/deps.sh build test
	@$(MAKE) --no-print-directory build
	@tests/accept/engine.sh

accept-cardinality: ## the acceptance run of bounded series (root; some ten minutes on a quiet machine)
	@scripts/deps.sh build test
	@$(MAKE) --no-print-directory build
	@tests/accept/cardinality.sh

accept-catalogue: ## the acceptance run of the event catalogue (root; some ten minutes on a quiet machine)
	@scripts/deps.sh build test
	@$(MAKE) --no-print-directory build
	@tests/accept/catalogue.sh

accept-workload: ## the acceptance run of what counting costs (root; a quarter of an hour on a quiet machine)
	@scripts/deps.sh build test peers
	@$(MAKE) --no-print-directory build
	@tests/accept/workload.sh

bench: ## install what is missing, build, measure here into bench/results/ (root); NAME=... names it
	@scripts/deps.sh build
	@$(MAKE) --no-print-directory build
	@scripts/bench.sh

vm demo: ## come with a later version
	@echo "make $@: not there yet, it comes with a later version" >&2
	@exit 2

help: ## this list
	@sed -n 's/^\([a-z -]*\):.* ## \(.*\)/\1\t\2/p' Makefile | expand -t 20
