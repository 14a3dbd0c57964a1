# tandem: `make help` lists the targets. Dependencies come from Debian packages (test/deps).

ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX  ?= /usr/local
DESTDIR ?=
B       ?= build
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' "$(1)" "$(2)")

PKGS     := libosip2 spandsp jansson gnutls libcares nettle sqlite3 libxml-2.0 speexdsp opus libsrtp2 \
            sndfile zlib libzstd libical tre libmicrohttpd libseccomp libcap
PKG_C    := $(shell pkg-config --cflags $(PKGS) libpq 2>/dev/null | sed 's/-I/-isystem /g')
PKG_L    := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -losipparser2 -lpri -lgsm
G729_L   := $(shell pkg-config --libs libbcg729 2>/dev/null)
OSMO     := libosmo-mgcp-client libosmocore
OSMO_C   := $(shell pkg-config --cflags $(OSMO) 2>/dev/null | sed 's/-I/-isystem /g')
OSMO_L   := $(shell pkg-config --libs $(OSMO) 2>/dev/null)
CHECK_L  := $(shell pkg-config --libs check 2>/dev/null)
WARN     := -Wall -Wextra -Wshadow -Wvla -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef \
            -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Werror
OPT      ?= -O2 -g
# Against what a bug may become: stacks and strings that are checked, addresses of the kernel's
# choice, tables that nobody writes to once the program runs. Sanitizers check more by themselves.
HARDEN   := -fstack-protector-strong -fPIE
FORTIFY   = $(if $(SAN)$(filter -O0,$(OPT)),,-D_FORTIFY_SOURCE=2)
HARDEN_L := -pie -Wl,-z,relro,-z,now,-z,noexecstack
# Unit tests, scenarios and fuzz targets are many programs that run once: quick to compile, and to
# link by gold where it is there, without debug information. For gdb: make B=build/gdb T=name DEBUG=1 unit
TEST_OPT := -Og $(if $(DEBUG),-g)
TEST_LD   = $(if $(SAN)$(DEBUG),,$(if $(GOLD),-fuse-ld=gold) -Wl,-S)
GOLD     := $(shell command -v ld.gold 2>/dev/null)
CFLAGS   += -std=c11 -D_GNU_SOURCE -pthread -MMD -MP -I. $(OPT) $(HARDEN) $(FORTIFY) $(WARN) $(SAN) $(PKG_C)
# uthash's tables have their memory from gw/rt/hash.c.
CFLAGS   += -include gw/rt/hash.h
LDFLAGS  += -pthread $(HARDEN_L) $(SAN)
LDLIBS   += $(PKG_L) -lcrypt -lm

# Compilers at once, where a target does all by itself.
JOBS     := $(shell nproc)
MACHINE  := $(shell $(CC) -dumpmachine)

# Every folder is a library; gw/rt is two: what is pure, and what asks the kernel (replaced by
# test/fake in tests).
FOLDERS  := codec sip isdn mgcp dialplan conf
RT       := $(filter-out gw/rt/os_%,$(wildcard gw/rt/*.c))
RTOS     := $(wildcard gw/rt/os_*.c)
GW       := $(filter-out gw/main.c,$(wildcard gw/*.c gw/admin/*.c))
LIBS     := $(foreach f,$(FOLDERS),$(if $(wildcard $(f)/*.c),$(B)/lib$(f).a)) $(B)/librt.a
OS       := $(B)/librtos.a
FAKE     := $(B)/libfake.a
AUDIO    := $(B)/libaudio.a
EXCHANGE := $(B)/libexchange.a
obj       = $(patsubst %.c,$(B)/%.o,$(1))

UNIT     := $(patsubst %.c,$(B)/%,$(wildcard test/unit/test_*.c))
REAL     := $(patsubst %.c,$(B)/%,$(wildcard test/unit/real_*.c))
TOOLS    := $(patsubst %.c,$(B)/%,$(wildcard test/tools/*.c))
TOOLS    := $(filter-out $(if $(OSMO_L),,%/osmo_client),$(TOOLS))
VM       := $(patsubst %.c,$(B)/%,$(wildcard test/vm/*.c))
SCN      := $(B)/test/scn/run
SIM      := $(B)/test/sim/run
REPLAY   := $(patsubst %.c,$(B)/%,$(wildcard test/fuzz/fuzz_*.c))
BENCH    := $(patsubst %.c,$(B)/%,$(wildcard test/bench/bench_*.c))
BENCH    := $(filter-out $(if $(G729_L),,%/bench_g729),$(BENCH))
COUNT    := $(patsubst %.c,$(B)/%,$(wildcard test/bench/count_*.c))
MILLION  := $(B)/test/soak/million
BENCH_OPS := $(B)/test/bench/count_metrics $(B)/test/bench/bench_events \
            $(B)/test/bench/bench_trace $(B)/test/bench/count_call $(B)/test/bench/bench_sip \
            $(B)/test/tools/cdrwrite $(B)/tandem $(B)/tandem-export
BENCH_MGCP := $(B)/test/bench/count_call $(patsubst %.c,$(B)/%,$(wildcard test/bench/*_mgcp*.c))

# G.729 is coded by a process of its own (docs/decisions/018-g729-worker.md), where bcg729 is there.
G729     := $(if $(G729_L),$(B)/tandem-g729)
G729_OWN := $(call obj,codec/g729/serve.c codec/g729/pack.c)

# Records go to databases and servers by a process of its own (gw/export/main.c), which links no more
# of us than is listed here: libpq brings OpenSSL, and libpri does not go with that.
EXPORT_L   := -lpq -lcurl -lsqlite3 -ljansson -lnettle -lm
EXPORT_PURE := $(call obj,$(addprefix gw/export/,journal.c segments.c state.c radius_packet.c))
EXPORT_OWN := $(call obj,$(wildcard gw/export/*.c) gw/plan_cdr.c gw/cdr.c gw/cdr_sql.c gw/cause.c)

.PHONY: all
all: $(B)/tandem $(B)/exchange $(B)/tandem-export $(G729) ## build tandem and its partner, the exchange

.PHONY: demo
demo: ## install what is missing, build, place calls both ways with speech and measure them
	$(Q)test/deps demo
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)test/sys/demo.py $(B)

.PHONY: check
check: ## install what is missing, build, and run every test
	$(Q)test/deps check
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tests
	$(Q)test/run -b $(B) lint unit scenarios sim fuzz system

.PHONY: check-all
check-all: ## all of it, simulated months, floods and soak included, for hours; prints figures
	$(Q)test/deps check
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tests
	$(Q)test/all $(B)

.PHONY: check-vm
check-vm: ## the same over DAHDI's real drivers, in machines of its own (test/vm)
	$(Q)test/deps vm
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all $(VM)
	$(Q)test/vm/run -b $(B)

.PHONY: check-arm
check-arm: ## the kernels on 64-bit ARM, emulated: the same bits as here (test/arm)
	$(Q)test/deps arm
	$(Q)$(MAKE) --no-print-directory $(B)/test/arm/lanes
	$(Q)$(MAKE) --no-print-directory B=$(B)/arm CC=aarch64-linux-gnu-gcc PKG_C= \
	    $(B)/arm/test/arm/lanes
	$(Q)test/arm/run $(B) $(B)/arm

.PHONY: tests tools
tests: $(UNIT) $(REAL) $(SCN) $(SIM) $(REPLAY) $(TOOLS) ## build the tests without running them
tools: $(TOOLS)

.PHONY: unit scenarios
unit: $(UNIT) $(REAL) ## run the unit tests (make unit T=name for one)
	$(Q)test/run -b $(B) $(if $(T),-t $(T)) unit
scenarios: $(SCN) ## run the scenarios under the fake clock
	$(Q)test/run -b $(B) scenarios

.PHONY: sim
sim: $(SIM) ## simulate the whole gateway with faults (make sim SEED=n HOURS=h, TRACE=file to replay)
	$(Q)$(SIM) $(if $(TRACE),-t $(TRACE)) $(if $(SEED),-s $(SEED)) -h $(or $(HOURS),2)

.PHONY: lint
lint: $(LIBS) $(OS) $(FAKE) $(B)/libgw.a ## layers, headers, names, layout; clang as well as gcc
	$(Q)test/deps check
	$(Q)test/lint/run -B $(B)
	$(Q)test/web/vendored

.PHONY: format
format: ## lay out every source file (.clang-format)
	$(Q)git ls-files '*.[ch]' | xargs clang-format -i

.PHONY: asan
asan: ## unit tests, scenarios and corpora with the address and undefined sanitizers
	$(Q)test/deps check
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/asan OPT="-O1 -g" \
	    SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" tests
	$(Q)test/run -b $(B)/asan unit scenarios sim fuzz

TSAN := $(B)/tsan
.PHONY: tsan
tsan: ## rings, media, writers and HTTP with the thread sanitizer
	$(Q)test/deps check
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) B=$(TSAN) OPT="-O1 -g" SAN="-fsanitize=thread -Wno-tsan \
	    -Wno-maybe-uninitialized -fno-omit-frame-pointer" all $(REAL:$(B)/%=$(TSAN)/%)
	$(Q)test/tsan $(TSAN)

.PHONY: cover
cover: ## line coverage of the unit tests and scenarios, as HTML in build/cover
	$(Q)test/deps check
	$(Q)$(MAKE) --no-print-directory B=$(B)/cover-obj OPT="-O0 -g" SAN=--coverage tests
	$(Q)test/run -b $(B)/cover-obj unit scenarios fuzz
	$(Q)lcov -q -c -d $(B)/cover-obj -o $(B)/cover.info
	$(Q)lcov -q -r $(B)/cover.info '/usr/*' '*/test/*' -o $(B)/cover.info
	$(Q)genhtml -q -o $(B)/cover $(B)/cover.info
	$(Q)lcov --summary $(B)/cover.info

.PHONY: fuzz
fuzz: ## fuzz each parser with clang's libFuzzer, T seconds each (make fuzz T=600 F=sip for one)
	$(Q)test/deps check
	$(Q)test/fuzz/run -b $(B)/fuzz $(if $(F),-t $(F)) -s $(or $(T),60)

.PHONY: fuzzers
fuzzers: $(patsubst test/fuzz/%.c,$(B)/%,$(wildcard test/fuzz/fuzz_*.c))

.PHONY: soak million
soak: $(B)/tandem $(B)/exchange ## real calls on 80 % of the channels for hours (make soak H=24 FAULTS=1)
	$(Q)test/deps check
	$(Q)test/soak/run -b $(B) -o $(B)/soak $(if $(FAULTS),--faults) $(or $(H),1)
million: $(MILLION) ## memory over a million calls (make million N=100000)
	$(Q)$(MILLION) $(or $(N),1000000)

.PHONY: bench-vm
bench-vm: ## measure CPU time over DAHDI's real drivers (test/vm)
	$(Q)test/deps vm
	$(Q)$(MAKE) --no-print-directory all $(VM)
	$(Q)test/vm/run -b $(B) bench

.PHONY: bench
bench: $(BENCH) $(COUNT) $(B)/tandem $(B)/exchange ## measure CPU time and memory beside a floor
	$(Q)test/bench/run $(B)

.PHONY: bench-media
bench-media: $(BENCH) ## measure the media engine alone: codecs, echo, ears, buffer, waiting
	$(Q)test/bench/run $(B) media codecs echo ears playout wait

.PHONY: bench-dialplan
bench-dialplan: $(BENCH) ## measure the dial plan alone: images, decks, ported numbers, limits, routing
	$(Q)test/bench/run $(B) dialplan decks ported limits route

.PHONY: bench-ops
bench-ops: $(BENCH_OPS) ## measure what looking on costs: HTTP, events, metrics, traces
	$(Q)test/bench/run $(B) ops trace

.PHONY: bench-flood
bench-flood: $(B)/tandem $(patsubst %,$(B)/test/bench/bench_%,flood rtpgap sip) ## measure floods: calls, voice, CPU time of a request
	$(Q)test/bench/flood $(B) $(N)

.PHONY: bench-mgcp
bench-mgcp: $(BENCH_MGCP) ## measure MGCP alone: messages, digit maps, gateway, agent, lines
	$(Q)test/bench/run $(B) mgcp

# Manual pages and completion are made of the programs' own tables.
.PHONY: manuals
manuals: $(B)/tandem $(B)/exchange ## write manual pages and completion scripts to build/man
	$(Q)mkdir -p $(B)/man
	$(Q)$(B)/tandem manual tandem >$(B)/man/tandem.1
	$(Q)$(B)/tandem manual tandem.conf >$(B)/man/tandem.conf.5
	$(Q)$(B)/exchange --manual >$(B)/man/tandem-exchange.1
	$(Q)for s in bash zsh fish; do $(B)/tandem completion $$s >$(B)/man/tandem.$$s || exit 1; done

# What the page looks like, out of the browser test.
.PHONY: docs
docs: $(B)/tandem $(B)/exchange ## take the pictures of docs/screens anew, draw docs/soak.svg
	$(Q)test/sys/test_web.py $(B) && test/sys/test_web_late.py $(B) && test/sys/test_web_many.py $(B)
	$(Q)mkdir -p docs/screens && cp $(B)/web/shots/*.png docs/screens/
	$(Q)test/soak/plot docs/soak.csv docs/soak.svg

.PHONY: install
install: all manuals ## install under PREFIX (and DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/tandem/docs/decisions \
	    $(DESTDIR)$(PREFIX)/share/doc/tandem/conf/examples
	install -m 755 $(B)/tandem $(DESTDIR)$(PREFIX)/bin/tandem
	$(if $(G729),install -m 755 $(G729) $(DESTDIR)$(PREFIX)/bin/tandem-g729)
	install -m 755 $(B)/tandem-export $(DESTDIR)$(PREFIX)/bin/tandem-export
	install -m 755 $(B)/exchange $(DESTDIR)$(PREFIX)/bin/tandem-exchange
	install -m 644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/tandem
	install -m 644 docs/*.md $(DESTDIR)$(PREFIX)/share/doc/tandem/docs
	install -m 644 docs/decisions/* $(DESTDIR)$(PREFIX)/share/doc/tandem/docs/decisions
	find conf/examples conf/grafana conf/prometheus -type f -exec \
	    install -D -m 644 {} $(DESTDIR)$(PREFIX)/share/doc/tandem/{} \;
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@BINDIR@|$(PREFIX)/bin|' conf/systemd/tandem.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/tandem.service
	install -D -m 644 $(B)/man/tandem.1 $(DESTDIR)$(PREFIX)/share/man/man1/tandem.1
	install -D -m 644 $(B)/man/tandem-exchange.1 $(DESTDIR)$(PREFIX)/share/man/man1/tandem-exchange.1
	install -D -m 644 $(B)/man/tandem.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/tandem.conf.5
	install -D -m 644 $(B)/man/tandem.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tandem
	install -D -m 644 $(B)/man/tandem.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tandem
	install -D -m 644 $(B)/man/tandem.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tandem.fish

.PHONY: clean
clean: ## remove what was built
	rm -rf $(B)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

# ---- how things are built ----

$(B)/tandem: $(call obj,gw/main.c) $(B)/libgw.a $(LIBS) $(OS)
$(B)/exchange: $(call obj,test/exchange/main.c) $(EXCHANGE) $(AUDIO) $(B)/libgw.a $(LIBS) $(OS)
$(B)/tandem $(B)/exchange:
	$(call say,LD,$@)
	$(link)

$(B)/tandem-g729: $(call obj,codec/g729/worker.c) $(G729_OWN)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(G729_L)

$(B)/tandem-export: $(EXPORT_OWN) $(B)/libconf.a $(B)/librt.a $(OS)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	    $(EXPORT_L)

$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

define library
$(B)/lib$(1).a: $$(call obj,$(2))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@; ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call library,$(f),$(wildcard $(f)/*.c $(f)/import/*.c))))

# The registry of MGCP's packages is made of a table.
$(B)/mgcp/package_table.c: mgcp/package_table.awk mgcp/packages.tsv
	$(call say,AWK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)LC_ALL=C awk -f $^ >$@.part && mv $@.part $@
$(B)/mgcp/package_table.o: $(B)/mgcp/package_table.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<
$(B)/libmgcp.a: $(B)/mgcp/package_table.o

# The web page is carried in the program.
WEB := $(wildcard $(addprefix gw/admin/web/,*.html *.css *.svg js/*.js vendor/*.js vendor/*.css))
$(B)/gw/admin/web_files.c: gw/admin/web/embed $(WEB)
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D)
	$(Q)gw/admin/web/embed $(WEB) >$@.part && mv $@.part $@
$(B)/gw/admin/web_files.o: $(B)/gw/admin/web_files.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<
$(B)/libgw.a: $(B)/gw/admin/web_files.o

# Kernels over many channels (codec/lanes.h): each file once per instruction set. Sums are not
# reordered and nothing is contracted, so that all sets give the same bits.
LANES_CFLAGS := -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math
SET_plain    := -fno-tree-vectorize -fno-tree-slp-vectorize
ifneq ($(filter x86_64%,$(MACHINE)),)
SETS         := plain sse2 avx2 avx512
SET_avx2     := -mavx2
SET_avx512   := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512
else
SETS         := plain $(if $(filter aarch64%,$(MACHINE)),neon)
endif
KERNELS      := $(wildcard codec/lanes/*.c)

define kernels
$(B)/codec/lanes/%.$(1).o: codec/lanes/%.c
	$$(call say,CC,$$< $(1))
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) $$(LANES_CFLAGS) $$(SET_$(1)) -DLANES_SET=$(1) -c -o $$@ $$<
$(B)/libcodec.a: $(patsubst codec/lanes/%.c,$(B)/codec/lanes/%.$(1).o,$(KERNELS))
endef
$(foreach s,$(SETS),$(eval $(call kernels,$(s))))

# All sets side by side, without libraries that another machine would lack.
$(B)/test/arm/lanes: $(call obj,test/arm/lanes.c codec/lanes.c \
    $(wildcard codec/echo*.c codec/ear*.c codec/tone*.c)) \
    $(foreach s,$(SETS),$(KERNELS:codec/lanes/%.c=$(B)/codec/lanes/%.$(s).o))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lm

$(eval $(call library,rt,$(RT)))
$(eval $(call library,rtos,$(RTOS)))
$(eval $(call library,gw,$(GW)))
$(eval $(call library,fake,$(wildcard test/fake/*.c)))
$(eval $(call library,audio,$(wildcard test/audio/*.c)))
$(eval $(call library,exchange,$(filter-out test/exchange/main.c,$(wildcard test/exchange/*.c))))

link = $(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

# Unit tests, scenarios and fuzz targets see one fake kernel, never the real one; real_*.c test the
# real one.
$(UNIT): $(B)/%: $(B)/%.o $(B)/libgw.a $(LIBS) $(FAKE)
$(filter $(B)/test/unit/test_exchange_%,$(UNIT)): $(EXCHANGE) $(AUDIO)
$(REAL): $(B)/%: $(B)/%.o $(LIBS) $(OS)
$(B)/test/unit/real_client: $(B)/libgw.a
$(UNIT) $(REAL): LDLIBS += $(CHECK_L)
$(UNIT) $(REAL) $(SCN) $(SIM) $(REPLAY): LDFLAGS += $(TEST_LD)
$(addprefix $(B)/test/,unit/%.o scn/%.o sim/%.o fuzz/%.o): OPT = $(TEST_OPT)
# The system tests compare sounds all the time.
$(B)/test/audio/%.o: OPT = -O3 -g
$(B)/test/unit/test_g729: $(G729_OWN)
FAR_SHARED := test/sim/chance.c $(addprefix test/sim/far_,target.c voice.c numbers.c mgcp.c)
$(B)/test/unit/test_sim_far_sip: $(call obj,$(wildcard test/sim/far_sip*.c) $(FAR_SHARED))
$(B)/test/unit/test_sim_far_users: $(call obj,$(wildcard test/sim/far_users*.c test/sim/far_sip*.c) $(FAR_SHARED))
$(B)/test/unit/test_sim_far_span $(B)/test/unit/test_sim_far_lines: \
    $(call obj,$(wildcard test/sim/far_span*.c) test/sim/far_lines.c test/sim/far_phone.c $(FAR_SHARED))
$(B)/test/unit/test_sim_far_agent: \
    $(call obj,$(wildcard test/sim/far_span*.c test/sim/far_agent*.c) test/sim/far_lines.c test/sim/far_phone.c $(FAR_SHARED))
$(B)/test/tools/g729: | $(G729)
$(B)/test/tools/enumask: $(call obj,gw/enum.c)
$(B)/test/tools/cdrwrite: $(call obj,$(addprefix gw/,aside.c cdr.c cdr_writer.c cdr_text_files.c cdr_follow.c cdr_segments.c cdr_journal.c cause.c))
$(filter $(B)/test/unit/test_export%,$(UNIT)): $(EXPORT_PURE)
$(B)/test/tools/osmo_client.o: CFLAGS += $(OSMO_C)
$(B)/test/tools/osmo_client: LDLIBS += $(OSMO_L)
$(filter %/bench_g729,$(BENCH)): LDLIBS += $(G729_L)
$(filter %/bench_g729,$(BENCH)): | $(G729)
$(SCN): $(call obj,$(wildcard test/scn/*.c)) $(B)/libgw.a $(LIBS) $(FAKE)
# Memory that the gateway asks for may be refused in simulations (test/sim/memory.c).
$(SIM): $(call obj,$(wildcard test/sim/*.c)) $(B)/libgw.a $(LIBS) $(FAKE)
$(SIM): LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup
$(addprefix $(B)/test/unit/test_,cdr_memory mgcp_events_memory plan_memory): LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(B)/test/unit/test_rt_hash: LDFLAGS += -Wl,--wrap=malloc
$(REPLAY): $(B)/%: $(B)/%.o $(B)/test/fuzz/replay.o $(B)/libgw.a $(LIBS) $(FAKE)
$(B)/fuzz_%: $(B)/test/fuzz/fuzz_%.o $(B)/libgw.a $(LIBS) $(FAKE)
	$(call say,LD,$@)
	$(link) -fsanitize=fuzzer
$(TOOLS) $(VM): $(B)/%: $(B)/%.o $(AUDIO) $(LIBS) $(OS)
$(BENCH): $(B)/%: $(B)/%.o $(B)/libgw.a $(LIBS) $(OS)
$(COUNT) $(MILLION): $(B)/%: $(B)/%.o $(B)/libgw.a $(LIBS) $(FAKE)
$(UNIT) $(REAL) $(SCN) $(SIM) $(REPLAY) $(TOOLS) $(VM) $(BENCH) $(COUNT) $(MILLION):
	$(call say,LD,$@)
	$(link)

-include $(shell find $(B) -path $(B)/vm -prune -o -name '*.d' -print 2>/dev/null)
