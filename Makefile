# SPDX-License-Identifier: MIT
# A thin front: meson and ninja do the work.
#
#   make          the release, in build/ (build/assay)
#   make demo     installs what it needs, builds, judges real programs
#   make check    the same, then passes all tests
#   make check-vm tests what this machine's kernel lacks in Debian's, under QEMU
#   make soak     runs programs under a guard whose parts are killed, for 20 minutes
#   make prove    proves src/base with Frama-C
#   make bench    measures, as ratios to openssl and osslsigncode
#   make corpus   downloads real signed programs and compares every verdict; reinstalls real packages
#   make eval     forges more than 10 000 files, judges them, writes docs/accuracy.md
#   make fuzz     fuzzes each target for FUZZ_SECONDS (600)
.POSIX:
.SUFFIXES:

BUILD = build
FUZZ_SECONDS = 600
SOAK_SECONDS = 1200

all: setup-build $(BUILD)/build.ninja
	@tools/specimens $(BUILD)/specimens anchors
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup --buildtype=release -Db_ndebug=false $(BUILD) >/dev/null

setup-build:
	@tools/setup build

demo: all
	@tools/specimens $(BUILD)/specimens programs
	@tools/demo $(BUILD)

check:
	@tools/setup build optional check
	@tools/specimens $(BUILD)/specimens anchors programs
	@tools/schemas $(BUILD)/schemas
	@tools/check $(BUILD)

check-long:
	@tools/setup build optional check prove corpus
	@tools/specimens $(BUILD)/specimens anchors programs
	@tools/schemas $(BUILD)/schemas
	@ASSAY_LONG=1 tools/check $(BUILD)

check-vm: all
	@tools/setup vm
	ninja -C $(BUILD) tests/probe test_tier_a test_changes test_opens test_spaces test_remote
	@tests/vm/run $(BUILD)

soak: all
	@tools/setup check
	ninja -C $(BUILD) tests/soak_load tests/assayd_shifted
	@tests/soak $(BUILD) $(SOAK_SECONDS)

prove:
	@tools/setup build prove
	@tools/prove

bench: all
	@tools/setup check corpus
	@bench/run $(BUILD)

corpus: all
	@tools/setup corpus
	@tools/corpus $(BUILD)
	@tools/reinstall $(BUILD)

eval: all
	@tools/setup check corpus eval
	ninja -C $(BUILD) tests/matrix
	@tools/eval $(BUILD)

fuzz:
	@tools/setup build check
	@tools/fuzz $(FUZZ_SECONDS)

install: all
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-clang build-fuzz

.PHONY: all setup-build demo check check-long check-vm soak prove bench corpus eval fuzz install clean
