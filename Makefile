# tandem: `make help` lists the targets. Dependencies come from Debian packages (test/deps).

PREFIX  ?= /usr/local
DESTDIR ?=
B       ?= build
CC      ?= gcc
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' "$(1)" "$(2)")

PKGS     := libosip2 spandsp jansson
WARN     := -Wall -Wextra -Wshadow -Wvla -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef \
            -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Werror
OPT      ?= -O2 -g
CFLAGS   += -std=c11 -D_GNU_SOURCE -pthread -MMD -MP -I. $(OPT) $(WARN) $(SAN) \
            $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
LDFLAGS  += -pthread $(SAN)
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -losipparser2 -lpri -lm

# Every folder is a library; gw/rt is two: what is pure, and what asks the kernel (replaced by test/fake in tests).
FOLDERS  := codec sip isdn mgcp dialplan conf
RT       := $(filter-out gw/rt/os_%,$(wildcard gw/rt/*.c))
RTOS     := $(wildcard gw/rt/os_*.c)
GW       := $(filter-out gw/main.c,$(wildcard gw/*.c gw/admin/*.c))
LIBS     := $(foreach f,$(FOLDERS),$(if $(wildcard $(f)/*.c),$(B)/lib$(f).a)) $(B)/librt.a
OS       := $(B)/librtos.a
FAKE     := $(B)/libfake.a
obj       = $(patsubst %.c,$(B)/%.o,$(1))

UNIT     := $(patsubst %.c,$(B)/%,$(wildcard test/unit/test_*.c))
REAL     := $(patsubst %.c,$(B)/%,$(wildcard test/unit/real_*.c))
TOOLS    := $(patsubst %.c,$(B)/%,$(wildcard test/tools/*.c))
SCN      := $(if $(wildcard test/scn/*.c),$(B)/test/scn/run)
FUZZ     := $(patsubst %.c,$(B)/%,$(wildcard test/fuzz/fuzz_*.c))
BENCH    := $(patsubst %.c,$(B)/%,$(wildcard test/bench/bench_*.c))

.PHONY: all
all: $(if $(wildcard gw/main.c),$(B)/tandem) $(if $(wildcard test/exchange/main.c),$(B)/exchange) ## build everything

$(B)/tandem: $(call obj,gw/main.c) $(B)/libgw.a $(LIBS) $(OS)
$(B)/exchange: $(call obj,$(wildcard test/exchange/*.c)) $(LIBS) $(OS)
$(B)/tandem $(B)/exchange:
	$(call say,LD,$@)
	$(link)

$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

define library
$(B)/lib$(1).a: $$(call obj,$(2))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@; ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call library,$(f),$(wildcard $(f)/*.c))))
$(eval $(call library,rt,$(RT)))
$(eval $(call library,rtos,$(RTOS)))
$(eval $(call library,gw,$(GW)))
$(eval $(call library,fake,$(wildcard test/fake/*.c)))

link = $(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

# Unit tests and scenarios see one fake kernel, never the real one; real_*.c test the real one.
$(UNIT): $(B)/%: $(B)/%.o $(B)/libgw.a $(LIBS) $(FAKE)
$(REAL): $(B)/%: $(B)/%.o $(LIBS) $(OS)
$(UNIT) $(REAL):
	$(call say,LD,$@)
	$(link) $(shell pkg-config --libs check)

$(SCN): $(call obj,$(wildcard test/scn/*.c)) $(B)/libgw.a $(LIBS) $(FAKE)
$(TOOLS): $(B)/%: $(B)/%.o $(LIBS) $(OS)
$(BENCH): $(B)/%: $(B)/%.o $(B)/libgw.a $(LIBS) $(OS)
$(SCN) $(TOOLS) $(BENCH):
	$(call say,LD,$@)
	$(link)

ifdef T
UNIT := $(B)/test/unit/$(if $(wildcard test/unit/real_$(T).c),real_,test_)$(T)
REAL :=
endif

.PHONY: unit
unit: $(UNIT) $(REAL) ## build and run the unit tests (make unit T=name for one)
	$(Q)set -e; for t in $(UNIT) $(REAL); do $$t; done

.PHONY: clean
clean: ## remove what was built
	rm -rf $(B)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

-include $(shell find $(B) -name '*.d' 2>/dev/null)
