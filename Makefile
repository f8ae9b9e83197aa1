# SPDX-License-Identifier: GPL-2.0-or-later
# Makefile - builds waymark, its tests, its demo. `make help` lists the targets.

VERSION := 0.1

PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
comma   := ,

BUILD   ?= build$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN))))
SANFLAG := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	   -fno-omit-frame-pointer)
CFLAGS  ?= -O2 -g
# Exploit mitigations; CPPFLAGS, CFLAGS and LDFLAGS of dpkg-buildflags go with
# them. Not under sanitizers, which replace some of the functions.
CET     := $(if $(filter x86_64 i686,$(shell uname -m)),-fcf-protection)
HARDEN  := $(if $(SAN),,-fPIE -fstack-protector-strong \
	   -fstack-clash-protection $(CET) \
	   $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE \
	   -D_FORTIFY_SOURCE=3))
LINK     = $(if $(SAN),,-pie -Wl,-z,relro,-z,now) $(LDFLAGS)
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Werror
LIBS    := libnetfilter_queue libnfnetlink libmnl libpcap libnftables \
	   libnftnl nettle libhs jansson libidn2 libcares libcap-ng \
	   libseccomp libsystemd libmicrohttpd zlib libzstd liblz4
PKG     := $(shell pkg-config --exists $(LIBS) 2>/dev/null && \
	   pkg-config --cflags $(LIBS))
LDLIBS   = $(shell pkg-config --libs $(LIBS)) -pthread
COMPILE  = $(CC) -std=c17 -D_GNU_SOURCE -I. $(PKG) $(WARN) $(CPPFLAGS) \
	   $(CFLAGS) $(HARDEN) $(SANFLAG) -pthread

# For IPFIX, if it is there. LGPL-3.0, so a separate program links it,
# without libnftables, which is GPL-2.0-only.
IPFIX   := $(shell pkg-config --exists libfixbuf jansson 2>/dev/null && \
	   echo waymark-ipfix)
IPFIX_PKG = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags libfixbuf))

# Debian 12 packages: what the build needs, and what tests, demo, lint and
# benchmarks run.
DEPS_BUILD := gcc make pkg-config libc6-dev libnetfilter-queue-dev \
	libnfnetlink-dev libmnl-dev libpcap-dev libnftables-dev libnftnl-dev \
	nettle-dev libvectorscan-dev libjansson-dev libidn2-dev \
	libc-ares-dev libcap-ng-dev libseccomp-dev libsystemd-dev \
	libmicrohttpd-dev libfixbuf-dev zlib1g-dev \
	libzstd-dev liblz4-dev
DEPS_TESTS := check netbase iproute2 nftables procps perl python3 curl openssl \
	nginx-light dnsmasq-base openssh-server openssh-client netcat-openbsd \
	socat tcpdump iputils-ping jq conntrack python3-aiosmtpd libfaketime \
	nfdump git
DEPS_DEMO  := netbase iproute2 nftables procps perl python3 curl openssl \
	nginx-light openssh-server openssh-client socat tcpdump \
	iputils-ping jq conntrack
DEPS_KERNELS := qemu-system-x86 busybox-static kmod cpio xz-utils
DEPS_LINT  := shellcheck cppcheck codespell mandoc python3
DEPS_DEB   := debhelper dh-apparmor dpkg-dev lintian
DEPS_BENCH := iproute2 nftables procps util-linux conntrack jq iperf3 python3

LIB_SRC  := $(wildcard engine/*.c engine/*/*.c engine/hints/protocols/*.c \
	    rules/*/*.c rules/setup/*/*.c)
TOOL_SRC := $(wildcard tools/*.c tools/daemon/*.c tools/load/*.c tools/traffic/*.c \
	    tools/suggest/*.c tools/report/*.c)
UNIT_SRC := $(wildcard pcap-tests/unit/check_*.c)
HELPER_SRC  := $(filter-out $(UNIT_SRC),$(wildcard pcap-tests/unit/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
IPFIX_SRC := $(wildcard tools/ipfix/*.c)
IPFIX_OBJ := $(IPFIX_SRC:%.c=$(BUILD)/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$(BUILD)/%.o)
HELPER_OBJ  := $(HELPER_SRC:%.c=$(BUILD)/%.o)
BENCHES  := $(patsubst tools/bench/%.c,$(BUILD)/bench/%,\
	    $(wildcard tools/bench/*.c))
UNITS    := $(UNIT_SRC:pcap-tests/unit/%.c=$(BUILD)/unit/%)
HARNESS  := $(wildcard pcap-tests/fuzz/fuzz_*.c)
SEEDED   := $(HARNESS:pcap-tests/fuzz/%.c=$(BUILD)/seeds/%)
LIVE     := $(sort $(wildcard pcap-tests/live/[0-9]*.sh))

.PHONY: all check check-kernels units seeds unit cases live fuzz bless deps deps-check \
	deps-demo deps-kernels demo lint bench \
	benches bench-learned bench-lists bench-sets bench-decide bench-flows \
	bench-replay bench-reload install install-texts install-service deb clean help
.SECONDARY:

all: $(BUILD)/waymark $(IPFIX:%=$(BUILD)/%)

help:
	@echo 'make              builds $(BUILD)/waymark'
	@echo 'make deps         installs the Debian packages that the build needs'
	@echo 'make check        all tests; the live ones need root'
	@echo 'make check-kernels   a test of waymark on kernels of Debian, in QEMU;'
	@echo '                  KERNELS="bookworm trixie", ALL=1 for all live tests'
	@echo 'make lint         shellcheck, cppcheck, codespell, mandoc and words'
	@echo 'make demo         the main job on real packets; needs root'
	@echo 'make bench        measures beside forwarding and a null engine; needs'
	@echo '                  root and 20 minutes, see tools/bench/bench.sh'
	@echo 'make bench-lists, -learned, -flows, -decide   parts by themselves'
	@echo 'make bench-replay CORPUS=DIR   a replay of captures, beside nDPI'
	@echo 'make fuzz         builds pcap-tests/fuzz with clang; see its README'
	@echo 'make bless        rewrites the expect.txt of pcap-tests/cases'
	@echo 'make install      honours DESTDIR and PREFIX'
	@echo 'make deb          builds a Debian package in $(BUILD)/deb'
	@echo 'SAN=address,undefined or SAN=thread, CC=clang go with any of them'

# One short line a step; V=1 shows the commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-7s %s\n' $(1) $@)

# What a tree was built with; another compiler or flag builds it anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@
FORCE:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -MMD -MP -c $< -o $@

# The only file that knows the version.
$(BUILD)/tools/waymark.o: Makefile
$(BUILD)/tools/waymark.o: private COMPILE += -DWAYMARK_VERSION='"$(VERSION)"'

$(BUILD)/libwaymark.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/waymark: $(TOOL_OBJ) $(BUILD)/libwaymark.a
	$(call say,LINK)
	$(Q)$(COMPILE) $(LINK) -o $@ $^ $(LDLIBS)

$(IPFIX_OBJ): private COMPILE += $(IPFIX_PKG)
$(BUILD)/waymark-ipfix: $(IPFIX_OBJ) $(BUILD)/libwaymark.a
	$(call say,LINK)
	$(Q)$(COMPILE) $(LINK) -o $@ $^ $$(pkg-config --libs libfixbuf jansson)

$(BUILD)/unit/%: $(BUILD)/pcap-tests/unit/%.o $(HELPER_OBJ) $(BUILD)/libwaymark.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) $(LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		$(LDLIBS) $$(pkg-config --libs check)

# The page is part of the program.
$(BUILD)/tools/web_assets.o: $(wildcard tools/web/*)
$(BUILD)/tools/report/report_html.o: $(wildcard tools/report/*.html \
	tools/report/*.css tools/report/*.js)

# Of the tools, what needs no terminal and no running engine.
$(BUILD)/unit/check_progress_line: $(BUILD)/tools/progress_line.o
$(BUILD)/unit/check_notify_status: $(BUILD)/tools/daemon/notify_status.o
$(BUILD)/unit/check_suggest: $(BUILD)/tools/suggest/suggest.o \
	$(BUILD)/tools/suggest/suggest_print.o
$(BUILD)/unit/check_trial_file: $(BUILD)/tools/daemon/trial_file.o
$(BUILD)/unit/check_flows_names: $(BUILD)/tools/flows_names.o
$(BUILD)/unit/check_events: $(BUILD)/tools/daemon/events.o
$(BUILD)/unit/check_web_check: $(BUILD)/tools/web_check.o
$(BUILD)/unit/check_web_change: $(BUILD)/tools/web_change.o \
	$(BUILD)/tools/web_check.o
$(BUILD)/unit/check_community_id: $(BUILD)/tools/community_id.o
$(BUILD)/unit/check_records: $(BUILD)/tools/records_json.o \
	$(BUILD)/tools/flows_marks.o $(BUILD)/tools/community_id.o
$(BUILD)/unit/check_ipfix: $(BUILD)/tools/ipfix/ipfix_record.o \
	$(BUILD)/tools/ipfix/ipfix_names.o
$(BUILD)/unit/check_traffic: $(BUILD)/tools/traffic/traffic_flows.o \
	$(BUILD)/tools/traffic/traffic_groups.o $(BUILD)/tools/traffic/flows_kernel.o
$(BUILD)/unit/check_history: $(BUILD)/tools/traffic/history.o \
	$(BUILD)/tools/traffic/history_list.o

$(BUILD)/bench/%: $(BUILD)/tools/bench/%.o $(BUILD)/libwaymark.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) $(LINK) -o $@ $^ $(LDLIBS)

# A fuzz harness with a main of its own, for its seeds; see pcap-tests/fuzz.
$(BUILD)/seeds/%: $(BUILD)/pcap-tests/fuzz/%.o \
		$(BUILD)/pcap-tests/fuzz/run_seeds.o $(BUILD)/libwaymark.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(COMPILE) $(LINK) -o $@ $^ $(LDLIBS)

# The server of the page alone is a tool.
FUZZ_WEB := tools/web_server.o tools/web_assets.o tools/web_change.o \
	tools/web_check.o
$(BUILD)/seeds/fuzz_web: $(addprefix $(BUILD)/,$(FUZZ_WEB))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# The build's packages alone; check, demo, lint and bench add their own.
deps:
	@tools/deps.sh $(DEPS_BUILD)
deps-check:
	@tools/deps.sh $(DEPS_BUILD) $(DEPS_TESTS)
deps-kernels:
	@tools/deps.sh $(DEPS_KERNELS)
deps-demo:
	@tools/deps.sh $(DEPS_BUILD) $(DEPS_DEMO)

# Unit programs, live tests and replay cases all print TAP, which check.sh
# counts. deps-check comes first and in a make of its own, since the flags above
# are asked of pkg-config when this file is read.
check:
	@$(MAKE) --no-print-directory deps-check
	@$(MAKE) --no-print-directory units seeds benches all
	@pcap-tests/check.sh $(BUILD) $(UNITS) $(SEEDED) $(LIVE)

# One guest at a time; see pcap-tests/kernels.
KERNELS ?= bullseye bookworm trixie trixie-backports
check-kernels:
	@$(MAKE) --no-print-directory deps-check
	@$(MAKE) --no-print-directory deps-kernels
	@$(MAKE) --no-print-directory all benches
	@BUILD=$(BUILD) ALL=$(ALL) prove --exec '' \
		$(KERNELS:%=pcap-tests/kernels/%.sh)

units: $(UNITS)
seeds: $(SEEDED)
unit: units
	@prove --exec '' $(UNITS)
cases: all
	@$(BUILD)/waymark test pcap-tests/cases
bless: all
	@$(BUILD)/waymark test --bless pcap-tests/cases
live: all benches
	@BUILD=$(BUILD) prove --exec '' $(LIVE)

# libFuzzer is clang's; the library is compiled anew, with its coverage, in a
# tree of its own.
FUZZ     := $(HARNESS:pcap-tests/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_OBJ := $(LIB_SRC:%.c=$(BUILD)/fuzz/%.o)
FUZZ_CC   = clang -std=c17 -D_GNU_SOURCE -I. $(PKG) $(WARN) -O1 -g -pthread \
	    -fsanitize=$(1),address,undefined -fno-sanitize-recover=all
fuzz: $(FUZZ)
$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CLANG)
	$(Q)$(call FUZZ_CC,fuzzer-no-link) -MMD -MP -c $< -o $@
$(BUILD)/fuzz/fuzz_web: $(addprefix $(BUILD)/fuzz/,$(FUZZ_WEB))
$(BUILD)/fuzz/%: pcap-tests/fuzz/%.c $(FUZZ_OBJ)
	@mkdir -p $(@D)
	$(call say,CLANG)
	$(Q)$(call FUZZ_CC,fuzzer) -o $@ $^ $(LDLIBS)

# Shell, C, spelling, manuals, and words that the project does not use.
lint:
	@tools/deps.sh $(DEPS_LINT)
	@tools/lint/lint.sh

demo:
	@$(MAKE) --no-print-directory deps-demo
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tools/demo/demo.sh

benches: $(BENCHES)
bench:
	@tools/deps.sh $(DEPS_BUILD) $(DEPS_BENCH)
	@$(MAKE) --no-print-directory all benches bench-replay
	@BUILD=$(BUILD) tools/bench/bench.sh

bench-replay: $(BUILD)/bench/bench_replay
	@BUILD=$(BUILD) tools/bench/bench_replay.sh

bench-lists: $(BUILD)/bench/bench_lists
	@$<
bench-learned: $(BUILD)/bench/bench_learned
	@$<

bench-sets: all
	@BUILD=$(BUILD) tools/bench/bench_sets.sh

bench-reload: all benches
	@BUILD=$(BUILD) tools/bench/bench_reload.sh

bench-flows: $(BUILD)/bench/bench_flows
	@$<

bench-decide: $(BUILD)/bench/bench_decide
	@BUILD=$(BUILD) tools/bench/bench_decide.sh

# Where systemd, zsh and vim look for their files; packages may differ.
SYSCONFDIR  ?= /etc
UNITDIR     ?= $(PREFIX)/lib/systemd/system
ZSHDIR      ?= $(PREFIX)/share/zsh/site-functions
SHARE       := $(DESTDIR)$(PREFIX)/share
DOC         := $(SHARE)/doc/waymark
INSTALL_TEXT = install -D -m 644

install: all install-texts install-service
	install -D -m 755 $(BUILD)/waymark $(DESTDIR)$(PREFIX)/sbin/waymark
	$(if $(IPFIX),install -D -m 755 $(BUILD)/waymark-ipfix \
		$(DESTDIR)$(PREFIX)/libexec/waymark/waymark-ipfix)

# A text that names places: $(call INSTALL_PLACES,FROM,TO). Manuals also name
# the version.
INSTALL_PLACES = sed -e 's|/usr/local/|$(PREFIX)/|g' \
	-e 's|^\.Os$$|.Os waymark $(VERSION)|' $(1) | \
	$(INSTALL_TEXT) /dev/stdin $(2)
install-texts:
	$(call INSTALL_PLACES,tools/man/waymark.8,$(SHARE)/man/man8/waymark.8)
	$(call INSTALL_PLACES,tools/man/waymark.policy.5,\
		$(SHARE)/man/man5/waymark.policy.5)
	$(INSTALL_TEXT) -t $(DOC) README.md NEWS.md
	cp -r rules/examples $(DOC)/
	$(INSTALL_TEXT) -t $(DOC)/examples/monitoring tools/monitoring/*
	$(INSTALL_TEXT) -t $(DOC)/examples/git tools/git/*
	chmod 755 $(DOC)/examples/git/pre-receive $(DOC)/examples/git/deploy
	mkdir -p $(DOC)/examples
	cp -r tools/vscode $(DOC)/examples/
	$(INSTALL_TEXT) tools/completion/waymark.bash \
		$(SHARE)/bash-completion/completions/waymark
	$(INSTALL_TEXT) tools/completion/_waymark $(DESTDIR)$(ZSHDIR)/_waymark
	$(INSTALL_TEXT) tools/packaging/waymark.vim \
		$(SHARE)/vim/vimfiles/syntax/waymark.vim
	$(INSTALL_TEXT) tools/packaging/ftdetect.vim \
		$(SHARE)/vim/vimfiles/ftdetect/waymark.vim

# Nothing is started. A policy that exists is kept.
install-service:
	$(call INSTALL_PLACES,tools/packaging/waymark.service,\
		$(DESTDIR)$(UNITDIR)/waymark.service)
	$(call INSTALL_PLACES,tools/packaging/waymark-guard.service,\
		$(DESTDIR)$(UNITDIR)/waymark-guard.service)
	$(call INSTALL_PLACES,tools/packaging/waymark-web.service,\
		$(DESTDIR)$(UNITDIR)/waymark-web.service)
	$(call INSTALL_PLACES,tools/packaging/undo-at-stop.conf,\
		$(DOC)/examples/systemd/undo-at-stop.conf)
	$(INSTALL_TEXT) tools/packaging/sysusers.conf \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/waymark.conf
	$(INSTALL_TEXT) tools/packaging/tmpfiles.conf \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/waymark.conf
	[ -e $(DESTDIR)$(SYSCONFDIR)/waymark/router.policy ] || \
		$(call INSTALL_PLACES,tools/packaging/router.policy,\
		$(DESTDIR)$(SYSCONFDIR)/waymark/router.policy)

# A Debian package, in $(BUILD)/deb.
deb:
	@tools/deps.sh $(DEPS_BUILD) $(DEPS_DEB)
	@tools/packaging/deb.sh $(BUILD) $(VERSION)

clean:
	rm -rf build build-*
