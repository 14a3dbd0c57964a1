# Makes C of packages.tsv: the packages ordered by name, and each one's symbols by theirs, as
# package.c looks them up. Run with LC_ALL=C.
BEGIN { FS = "\t" }

/^#/ || $1 == "pkg" { next }

{
    if (!($1 in version)) {
        version[$1] = $2
        package[++npackages] = $1
    }
    if ($4 != "-")
        add($1, $4, flags($6, $7, $5, $8), kind($7), $8 + 0)
    if ($7 ~ /TO/)
        timed[$1] = 1
}

END {
    order(package, npackages)
    print "/* Made of packages.tsv by package_table.awk. */"
    print "#include \"mgcp/package.h\"\n"
    for (i = 1; i <= npackages; i++)
        symbols(i, package[i])
    print "const struct mgcp_package mgcp_packages[] = {"
    for (i = 1; i <= npackages; i++)
        printf "    {\"%s\", %d, %s, %d},\n", package[i], version[package[i]],
            n[package[i]] ? "symbols_" i : "NULL", n[package[i]]
    print "};"
    print "const unsigned mgcp_npackages = RT_COUNT(mgcp_packages);"
}

function add(p, symbol, f, signal, timeout) {
    if ((p, symbol) in row)
        fail(p "/" symbol " is there twice")
    row[p, symbol] = sprintf("\"%s\", %s, %s", symbol, f, signal)
    duration[p, symbol] = timeout
    name[p, ++n[p]] = symbol
}

function fail(why) {
    print "packages.tsv: " why > "/dev/stderr"
    exit 1
}

function flags(event, signal, params, timeout,   out) {
    out = event == "" ? "0" : "MGCP_SYM_EVENT"
    if (event ~ /S/)
        out = out " | MGCP_SYM_STATE"
    if (event ~ /P/)
        out = out " | MGCP_SYM_PERSISTENT"
    if (event ~ /C/)
        out = out " | MGCP_SYM_EVENT_CONN"
    if (signal ~ /,C/)
        out = out " | MGCP_SYM_SIGNAL_CONN"
    if (params ~ /mandatory/)
        out = out " | MGCP_SYM_PARAMS"
    if (timeout == "var")
        out = out " | MGCP_SYM_VARIABLE"
    return out
}

function kind(signal) {
    if (signal ~ /^BR/)
        return "MGCP_BRIEF"
    if (signal ~ /^OO/)
        return "MGCP_ON_OFF"
    return signal ~ /^TO/ ? "MGCP_TIME_OUT" : "MGCP_NO_SIGNAL"
}

function order(list, count,   i, j, one) {
    for (i = 2; i <= count; i++) {
        one = list[i]
        for (j = i - 1; j > 0 && tolower(list[j]) > tolower(one); j--)
            list[j + 1] = list[j]
        list[j + 1] = one
    }
}

function symbols(i, p,   list, j) {
    if (timed[p]) {
        if (!((p, "oc") in row))
            add(p, "oc", "MGCP_SYM_EVENT", "MGCP_NO_SIGNAL", 0)
        if (!((p, "of") in row))
            add(p, "of", "MGCP_SYM_EVENT", "MGCP_NO_SIGNAL", 0)
    }
    if (!n[p])
        return
    for (j = 1; j <= n[p]; j++)
        list[j] = name[p, j]
    order(list, n[p])
    print "static const struct mgcp_symbol symbols_" i "[] = {"
    for (j = 1; j <= n[p]; j++)
        printf "    {%s, %d, %d},\n", row[p, list[j]], id++, duration[p, list[j]]
    print "};"
}
