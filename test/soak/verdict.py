"""What the soak test says in the end of its samples."""

WARM_UP = 0.25  # of the samples with load
WINDOW = 1800  # s; a line through less than that says nothing about growth
RSS_LIMIT = 1024  # kB per hour
LOST_LIMIT = 1000  # of a million packets; the machine may be busy
SNR_LIMIT = 30  # dB; the mean of a tone there and back in A-law


def slope(xs, ys):
    """Least squares: by how much y grows with one x."""
    n = len(xs)
    if n < 3:
        return 0.0
    mx, my = sum(xs) / n, sum(ys) / n
    square = sum((x - mx) ** 2 for x in xs)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / square if square else 0.0


class Verdict:
    def __init__(self, rows, problems, faults, lost):
        self.rows, self.problems, self.faults = rows, problems, faults
        self.wrong = [lost] if lost else []
        self.said = []
        self.first, self.last = rows[0], rows[-1]
        full = [r for r in rows if r["calls"] >= 10]
        self.warm = full[int(len(full) * WARM_UP):]
        for part in (self._memory, self._calls, self._sound, self._left):
            part()

    def _must(self, holds, text):
        self.said.append(f"{'ok  ' if holds else 'BAD '} {text}")
        if not holds:
            self.wrong.append(text)

    def _memory(self):
        """Growth of what is resident, and of the heap, by the hour and by calls."""
        if len(self.warm) < 3:
            self.said.append("     memory: too short a time to say anything")
            return
        span = self.warm[-1]["s"] - self.warm[0]["s"]
        hours = [r["s"] / 3600 for r in self.warm]
        millions = [r["calls_total"] / 1e6 for r in self.warm]
        for field in ("rss_kb", "anon_kb"):
            values = [r[field] for r in self.warm]
            by_hour, by_calls = slope(hours, values), slope(millions, values)
            text = (f"{field}: {values[0]} to {values[-1]}, by least squares {by_hour:+.0f} kB an "
                    f"hour, {by_calls / 1024:+.1f} MiB a million calls, over {span / 60:.0f} min")
            if span < WINDOW:
                self.said.append(f"     {text} (too short to judge)")
            else:
                self._must(by_hour <= RSS_LIMIT, text)

    def _calls(self):
        last = self.last
        self._must(last["calls_total"] > 0, f"{last['calls_total']} calls")
        self._must(self.faults or not last["calls_failed"], f"{last['calls_failed']} failed")
        self._must(last["records"] == last["calls_total"],
                   f"{last['records']} records of {last['calls_total']} calls")
        self._must(self.faults or not self.problems, f"{len(self.problems)} problems")
        if self.warm:
            busy = sum(r["channels_busy"] for r in self.warm) / len(self.warm)
            self.said.append(f"     {busy:.1f} channels in use on average, "
                             f"{max(r['channels_busy'] for r in self.rows)} at most")
            for name in ("signalling", "media", "other", "peers"):
                used = sum(r[f"cpu_{name}"] for r in self.warm) / len(self.warm)
                self.said.append(f"     CPU {name}: {used:.1f} % of one core")

    def _sound(self):
        last = self.last
        means = [r["snr_mean_db"] for r in self.rows if r["snr_mean_db"] != ""]
        if means:
            mean = sum(means) / len(means)
            self._must(self.faults or mean >= SNR_LIMIT,
                       f"{last['measured']} calls measured, signal to noise {mean:.1f} dB on average")
        self._must(self.faults or not last["gaps_unexplained"],
                   f"{last['gaps_unexplained']} calls with a gap that nothing explains; "
                   f"{last['gaps_noise']} where packets were late or the line was short of them")
        share = 1e6 * last["rtp_lost"] / max(1, last["rtp_packets"])
        self._must(self.faults or share <= LOST_LIMIT,
                   f"RTP: {last['rtp_packets']} packets, {last['rtp_lost']} lost ({share:.1f} of a "
                   f"million), {last['rtp_late']} late")

    def _left(self):
        """What has to be gone when all is over."""
        last = self.last
        for field, text in (("calls", "calls"), ("channels_busy", "channels in use"),
                            ("channels_other", "channels neither idle nor in use"),
                            ("sip_sessions", "SIP sessions"), ("sip_dialogs", "dialogs"),
                            ("sip_transactions", "transactions")):
            allowed = self.first[field] if field == "channels_other" else 0
            self._must(last[field] <= allowed, f"{last[field]} {text} left")
        self._must(last["fds"] <= self.first["fds"],
                   f"{last['fds']} descriptors, {self.first['fds']} at the start")
        self._must(last["threads"] <= self.first["threads"],
                   f"{last['threads']} threads, {self.first['threads']} at the start")
        self._must(last["plans"] == 1, f"{last['plans']} plans in memory")
        self._must(self.faults or not last["repairs"], f"{last['repairs']} repairs by audits")
        self._must(self.faults or not last["alarms"], f"{last['alarms']} alarms")

    def text(self, applied, registered, talks):
        seconds = self.last["s"]
        lines = [f"soak: {seconds / 3600:.2f} hours, {applied} plans applied, {registered} "
                 f"registrations, relayed SIP calls: {talks}", *self.said]
        lines += [f"     problem: {p}" for p in self.problems[:50]]
        lines.append("passed" if not self.wrong else f"FAILED: {'; '.join(self.wrong)}")
        return "\n".join(lines) + "\n"
