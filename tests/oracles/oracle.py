"""What the kernel must compute, written from its semantics alone: one plain class, no arrays, no cleverness.

At every moment the next event is the smallest of *all* possible ones, found by looking through everything. That is
slow and hard to get wrong. Random numbers and quantiles are its own. It shares with the package only the description
of its input: `model`, `distributions` and `Traffic`.
"""

from __future__ import annotations

import math
from bisect import bisect_right

from tests.oracles.chance import MS_PER_HOUR, pick, quantile_ms, uniform
from tests.oracles.tokens import Case, Fork, Token, capacity_at, holds, is_open, joined, milliseconds

# fmt: off
JOURNEY = ("replication", "case", "batch", "mode", "step", "branch", "visit", "priority",
           "channel", "resource", "queued", "started", "ended", "paused_ms", "outcome")
# fmt: on
EVENT = ("replication", "case", "kind", "key", "time")

LONGEST_RUN_OUT = 90 * 24 * MS_PER_HOUR
CHOICE, DURATION, EXAMINATION = 3, 4, 5
END_OF_STEP, DEADLINE, CHANGE, RELEASE, ARRIVAL = range(5)  # kinds of events, in the order within an instant
FULL, AGE, PERIOD, DEPARTURE = range(4)  # reasons of a batch to leave, in order


class Oracle:
    """One run of a network; see `simulate`."""

    def __init__(self, network, traffic, seed, replication, warm_up_h, observe_h, run_out_h, luck):
        self.network = network
        self.replication = replication
        self.luck = luck or (lambda *what: uniform(seed, replication, *what))
        self.nodes = {node.key: node for node in network.nodes}
        self.order = {node.key: place for place, node in enumerate(network.nodes)}
        self.queues = {}  # queue → its first node, in file order
        for node in network.nodes:
            if node.kind == "work":
                self.queues.setdefault(node.queue, node)
        self.resources = {resource.key: resource for resource in network.resources}
        self.calendars = {calendar.key: joined(calendar.intervals_ms) for calendar in network.calendars}
        self.changes = sorted(
            {ms for intervals in self.calendars.values() for interval in intervals for ms in interval}
            | {ms for r in network.resources if not isinstance(r.capacity, int) for ms, _ in r.capacity}
        )

        self.warm_up, self.closing = milliseconds(warm_up_h), milliseconds(warm_up_h + observe_h)
        self.until_done = run_out_h is None
        self.horizon = self.closing + (LONGEST_RUN_OUT if run_out_h is None else milliseconds(run_out_h))

        self.now = -1
        self.arrivals = self.read(traffic)
        self.cases: list[Case] = []
        self.tokens: list[Token] = []
        self.batches = 0
        self.due: dict[tuple, tuple] = {}  # (batch step, group) → (reason, capacity), within one instant
        self.called: dict[tuple, int] = {}  # (batch step, reason) → time of the last period or departure
        self.rows: list[dict] = []
        self.events: list[tuple] = []

    def read(self, traffic) -> list[tuple[int, Case]]:
        """Return (creation, case) in order."""
        declared = {attribute.key for attribute in self.network.attributes}
        columns = {key: list(values) for key, values in traffic.attributes.items() if key in declared}
        arrivals = []
        for i, created in enumerate(traffic.arrival_ms.tolist()):
            attributes = {key: values[i] for key, values in columns.items() if values[i] == values[i]}
            entry = self.network.entries[int(traffic.entry[i])]
            observed = self.warm_up <= created < self.closing
            arrivals.append((created, Case(int(traffic.case[i]), entry, int(traffic.priority[i]), attributes, observed)))
        return sorted(arrivals, key=lambda arrival: (arrival[0], arrival[1].number))

    # Time

    def run(self) -> None:
        while (event := self.next_event()) is not None:
            t = event[0][0]
            if t >= self.horizon or (self.until_done and t > self.closing and self.all_done()):
                break
            self.now = t
            while event is not None and event[0][0] == t:
                event[1]()
                event = self.next_event()
            while self.start_one() or self.lose_one():
                pass
            self.due.clear()
        for row in self.rows:
            if row["outcome"] is None:
                row.update(outcome="censored", channel=row["owner"].attributes.get("channel"))

    def all_done(self) -> bool:
        return all(case.over or {"arrived", "released"} <= set(case.stamps) for case in self.cases if case.observed)

    def next_event(self):
        """Return the first of everything that can happen next, as (key, action)."""
        possible = [
            ((t.end, END_OF_STEP, t.lead.number, self.order[t.node.key], t.visits[t.lead]), lambda t=t: self.end_step(t))
            for t in self.tokens
            if t.end is not None
        ]
        for case in self.cases:
            for place, expiry in case.timers.items():
                possible.append(((expiry, DEADLINE, case.number, place), lambda c=case, p=place: self.expire(c, p)))
        later = bisect_right(self.changes, self.now)
        if later < len(self.changes):
            possible.append(((self.changes[later], CHANGE), lambda: None))
        for node in self.network.nodes:
            if node.kind == "batch":
                possible.extend(self.releases(node))
        if self.arrivals:
            created, case = self.arrivals[0]
            possible.append(((created, ARRIVAL, case.number), self.create))
        return min(possible, key=lambda event: event[0], default=None)

    def elapse(self, open_at, t: int, work: int) -> int:
        """Return when so much work is complete, if it flows only while ``open_at``."""
        for change in self.changes[bisect_right(self.changes, t) :]:
            if open_at(t):
                if t + work <= change:
                    return t + work
                work -= change - t
            t = change
        if not open_at(t):
            raise ValueError("work would go on after the last interval of a calendar")
        return t + work

    def open_time(self, open_at, t: int, until: int) -> int:
        """Return how much of [t, until) is open."""
        total = 0
        for change in [*(c for c in self.changes if t < c < until), until]:
            total += (change - t) * open_at(t)
            t = change
        return total

    def calendar_open(self, key: str | None):
        return lambda t: key is None or is_open(self.calendars[key], t)

    def step_open(self, node):
        """Return the function of time that says whether all resources of a work step are open."""
        used = [self.resources[key] for key, _ in node.uses]
        return lambda t: all(self.calendar_open(r.calendar)(t) and capacity_at(r, t) > 0 for r in used)

    # Events

    def create(self) -> None:
        _, case = self.arrivals.pop(0)
        self.cases.append(case)
        if not any("arrived" in self.nodes[key].stamps for key in self.reachable(case.entry)):
            self.stamp(case, "arrived")
        self.follow(Token([case]), case.entry.start)

    def reachable(self, entry) -> set[str]:
        """Return the nodes that the cases of an entry may come to, by edges and by reroutes."""
        deadlines = [d for d in self.network.deadlines if d.to and (d.entries is None or entry.key in d.entries)]
        found, left = set(), [entry.start, *(d.to for d in deadlines)]
        while left:
            key = left.pop()
            if key not in found:
                found.add(key)
                left += [edge.to for edge in self.nodes[key].edges]
        return found

    def end_step(self, token: Token) -> None:
        """End work or a delay."""
        paused = self.now - token.started - token.duration
        token.end = None
        if token.doomed:
            self.remove(token, "cancelled", paused)
            return
        self.settle(token)
        self.close(token, "done", paused)
        self.go_on(token)

    def expire(self, case: Case, place: int) -> None:
        deadline = self.network.deadlines[place]
        del case.timers[place]
        self.record(case, "deadline", deadline.key)
        if deadline.action == "leave":
            self.finish(case, "expired")
        elif deadline.action == "reroute":
            case.reroute = deadline

    def releases(self, node):
        """Yield the releases of a batch step that can come next."""
        batch, order = node.batch, self.order[node.key]
        waiting = sorted((t for t in self.tokens if t.node is node), key=lambda t: (t.queued, t.lead.number))
        groups: dict[tuple, list[Token]] = {}
        for token in waiting:
            groups.setdefault(token.group, []).append(token)

        def release(time, reason, chosen):
            key = (time, RELEASE, order, reason, min(token.lead.number for token in chosen))
            return key, lambda: self.release(node, chosen)

        for group, tokens in groups.items():
            if batch.size and len(tokens) >= batch.size:
                yield release(self.now, FULL, tokens[: batch.size])
            if batch.max_age_h is not None:
                yield release(tokens[0].queued + milliseconds(batch.max_age_h), AGE, tokens)
            if (node.key, group) in self.due:
                reason, capacity = self.due[node.key, group]
                yield release(self.now, reason, tokens[:capacity])

        closings = [(close, None) for _, close in self.calendars[batch.period]] if batch.period else ()
        for reason, times in ((PERIOD, closings), (DEPARTURE, batch.departures or ())):
            last = self.called.get((node.key, reason), -1)
            for time, capacity in times:
                if time > last:
                    action = lambda n=node, r=reason, t=time, c=capacity, g=tuple(groups): self.call(n, r, t, c, g)  # noqa: E731
                    yield (time, RELEASE, order, reason, -1), action
                    break

    def call(self, node, reason: int, time: int, capacity: int | None, groups: tuple) -> None:
        """Let the groups that wait now leave by this period or departure, and no later comer."""
        self.called[node.key, reason] = time
        for group in groups:
            self.due[node.key, group] = reason, capacity

    def release(self, node, chosen: list[Token]) -> None:
        self.batches += 1
        chosen.sort(key=lambda token: token.lead.number)
        self.due.pop((node.key, chosen[0].group), None)
        batch = Token([token.lead for token in chosen], chosen[0].stack, self.batches, node=node)
        for token in chosen:
            batch.home[token.lead] = token.stack
            batch.visits.update(token.visits)
            batch.rows.update(token.rows)
            self.tokens.remove(token)
            self.note_start(token)
        for row in batch.rows.values():
            row.update(started=self.now, batch=self.batches)
        self.settle(batch)
        self.close(batch, "done")
        self.go_on(batch)

    # Tokens on their way

    def go_on(self, token: Token) -> None:
        """Leave the present step by its only edge."""
        if token in self.tokens:
            self.tokens.remove(token)
        self.follow(token, token.node.edges[0].to)

    def follow(self, token: Token, to: str) -> None:
        case = token.lead
        if case.reroute and not token.stack and not token.batch:
            to = case.reroute.to
            self.record(case, "reroute", case.reroute.key)
            case.reroute = None
        token.reserved = None
        token.node = self.nodes[to]
        if token.node.kind != "join":
            self.count_visit(token)
        getattr(self, f"enter_{token.node.kind}")(token)

    def count_visit(self, token: Token) -> None:
        step = token.node.step
        for case in token.members:
            case.visits[step] = token.visits[case] = case.visits.get(step, 0) + 1

    def enter_work(self, token: Token) -> None:
        token.queued, token.started, token.end, token.done = self.now, None, None, 0
        self.open_rows(token)
        for case in token.members:
            for place, deadline in self.deadlines_of(case):
                if deadline.queued_at == token.node.step and deadline.disarmed_by not in case.stamps:
                    self.arm(case, place)
        self.tokens.append(token)

    def enter_batch(self, token: Token) -> None:
        token.group = tuple(token.lead.attributes.get(key) for key in token.node.batch.by)
        self.enter_work(token)

    def enter_delay(self, token: Token) -> None:
        self.enter_work(token)
        self.first_start(token)
        token.end = self.elapse(self.calendar_open(token.node.calendar), self.now, token.duration)

    def enter_choice(self, token: Token) -> None:
        self.settle(token)
        edges = token.node.edges
        chosen = next((e for e in edges if e.when is not None and holds(e.when, token.lead.attributes)), None)
        if chosen is None:
            free = [e for e in edges if e.when is None]
            probabilities = [1.0 if e.probability is None else e.probability for e in free]
            chosen = free[pick(probabilities, self.draw(token, CHOICE))]
        self.follow(token, chosen.to)

    def enter_fork(self, token: Token) -> None:
        self.settle(token)
        started = [(n, e) for n, e in enumerate(token.node.edges, 1) if holds(e.when, token.lead.attributes)]
        fork = Fork(len(started))
        for number, edge in started:
            if token.batch or not token.lead.over:  # a refusal in an earlier branch
                branch = Token(token.members, (*token.stack, (fork, number)), token.batch, token.home)
                self.follow(branch, edge.to)

    def enter_join(self, token: Token) -> None:
        fork, _ = token.stack[-1]
        fork.missing -= 1
        if fork.missing == 0:
            token.stack = token.stack[:-1]
            self.count_visit(token)
            self.settle(token)
            self.go_on(token)

    def enter_unbatch(self, token: Token) -> None:
        self.settle(token)
        for case in token.members:
            if not case.over:
                member = Token([case], token.home[case], node=token.node)
                self.go_on(member)

    def enter_end(self, token: Token) -> None:
        self.settle(token)
        self.finish(token.lead, "cancelled")

    # What a step does to its cases

    def draw(self, token: Token, purpose: int, number: int = 0) -> float:
        return self.luck(token.lead.number, token.node.step, token.visits[token.lead], purpose, number)

    def settle(self, token: Token) -> None:
        """Write the attributes and stamps of a step that is over."""
        for i, write in enumerate(token.node.writes):
            rule = next(rule for rule in write.rules if holds(rule.when, token.lead.attributes))
            value = write.values[pick(rule.probabilities, self.draw(token, EXAMINATION, i))]
            for case in token.members:
                case.attributes[write.attribute] = value
        for stamp in token.node.stamps:
            for case in token.members:
                if not case.over:
                    self.stamp(case, stamp)

    def stamp(self, case: Case, stamp: str) -> None:
        self.record(case, "stamp", stamp)
        case.stamps.add(stamp)
        for place, deadline in self.deadlines_of(case):
            if deadline.disarmed_by in case.stamps:
                case.timers.pop(place, None)
            elif deadline.armed_by == stamp:
                self.arm(case, place)

    def deadlines_of(self, case: Case):
        for place, deadline in enumerate(self.network.deadlines):
            if not case.over and (deadline.entries is None or case.entry.key in deadline.entries):
                yield place, deadline

    def arm(self, case: Case, place: int) -> None:
        deadline = self.network.deadlines[place]
        after = milliseconds(deadline.after_h)
        case.timers[place] = self.elapse(self.calendar_open(deadline.calendar), self.now, after)

    def note_start(self, token: Token) -> None:
        """Stop the patience of those who start."""
        for case in token.members:
            for place, deadline in self.deadlines_of(case):
                if deadline.queued_at == token.node.step:
                    case.timers.pop(place, None)

    def finish(self, case: Case, outcome: str) -> None:
        """End a case: what waits or delays goes at once, work runs to its end, a batch keeps its member."""
        case.over = True
        case.timers.clear()
        for token in [t for t in self.tokens if t.lead is case and not t.batch]:
            self.drop(token, outcome)

    def drop(self, token: Token, outcome: str) -> None:
        if token.working:
            token.doomed = True
        else:
            interrupted = token.waiting and token.started is not None
            self.remove(token, "cancelled" if interrupted else outcome)

    def remove(self, token: Token, outcome: str, paused: int = 0) -> None:
        self.tokens.remove(token)
        self.close(token, outcome, paused)

    # Starts

    def line(self, queue: str) -> list[Token]:
        """Return those who wait in a queue, the head first."""
        waiting = (token for token in self.tokens if token.waiting and token.node.queue == queue)
        return sorted(waiting, key=lambda token: token.place_in_queue)

    def free(self, key: str) -> int:
        """Return the units of a resource that nobody holds; negative after a cut of capacity."""
        held = sum(units for t in self.tokens if t.working for used, units in t.node.uses if used == key)
        return capacity_at(self.resources[key], self.now) - held

    def limited_successor(self, node) -> str | None:
        """Return the queue for which a step must find a place before it starts."""
        after = self.nodes[node.edges[0].to]
        return after.queue if after.kind == "work" and after.queue_limit is not None and after.when_full == "wait" else None

    def finds_place(self, token: Token) -> bool:
        queue = self.limited_successor(token.node)
        if queue is None or token.reserved == queue:
            return True
        reserved = sum(t.reserved == queue for t in self.tokens)
        return len(self.line(queue)) + reserved < self.queues[queue].queue_limit

    def start_one(self) -> bool:
        """Start the first head that fits, if there is one."""
        lines = [(place, self.line(queue)) for place, queue in enumerate(self.queues)]
        heads = [(h[0].lead.priority, h[0].queued, place, h[0].lead.number, h[0]) for place, h in lines if h]
        for *_, head in sorted(heads, key=lambda head: head[:4]):
            if self.step_open(head.node)(self.now) and self.finds_place(head):
                lacking = [(key, units) for key, units in head.node.uses if self.free(key) < units]
                victim = self.victim(head) if lacking else None
                if victim:
                    self.interrupt(victim)
                if victim or not lacking:
                    self.start(head)
                    return True
        return False

    def victim(self, head: Token) -> Token | None:
        """Return whom a preemptive head interrupts."""
        resource = head.node.uses[0][0]
        if not head.node.preemptive or self.free(resource) < 0:
            return None
        lower = [
            token
            for token in self.tokens
            if token.working and token.node.preemptive and token.node.uses[0][0] == resource and token.lead.priority > head.lead.priority
        ]
        return max(lower, key=lambda t: (t.lead.priority, t.began, t.lead.number), default=None)

    def interrupt(self, token: Token) -> None:
        through = token.node.at_close == "finish"
        token.done += self.now - token.began if through else self.open_time(self.step_open(token.node), token.began, self.now)
        token.end = None
        if token.doomed:
            self.remove(token, "cancelled")

    def first_start(self, token: Token) -> None:
        """Draw the duration."""
        token.started = self.now
        u, u_component = self.draw(token, DURATION, 0), self.draw(token, DURATION, 1)
        x = quantile_ms(token.node.duration, u, u_component)
        x += token.node.per_member_h * MS_PER_HOUR * len(token.members)
        token.duration = max(1, math.floor(x + 0.5))
        for row in token.rows.values():
            row["started"] = self.now
        self.note_start(token)

    def start(self, token: Token) -> None:
        if token.started is None:
            self.first_start(token)
        token.reserved = self.limited_successor(token.node)
        token.began = self.now
        left = token.duration - token.done
        through = token.node.at_close == "finish"
        token.end = self.now + left if through else self.elapse(self.step_open(token.node), self.now, left)

    def lose_one(self) -> bool:
        """Lose the last newcomer of the first step where more wait than may."""
        for queue, node in self.queues.items():
            line = self.line(queue)
            if node.queue_limit is not None and node.when_full == "leave" and len(line) > node.queue_limit:
                lost = [token for token in line if token.queued == self.now and token.started is None][-1]
                self.remove(lost, "left")
                for token in [t for t in self.tokens if lost.batch and t.batch == lost.batch]:
                    self.drop(token, "cancelled")
                for case in lost.members:
                    self.finish(case, "cancelled")
                return True
        return False

    # Records

    def record(self, case: Case, kind: str, key: str) -> None:
        if case.observed:
            self.events.append((self.replication, case.number, kind, key, self.now))

    def open_rows(self, token: Token) -> None:
        token.rows = {}
        for case in token.members:
            token.rows[case] = row = {
                "owner": case,
                "order": self.order[token.node.key],
                "replication": self.replication,
                "case": case.number,
                "batch": token.batch,
                "mode": case.entry.mode,
                "step": token.node.step,
                "branch": token.stack[-1][1] if token.stack else 0,
                "visit": token.visits[case],
                "priority": case.priority,
                "channel": None,
                "resource": tuple(key for key, _ in token.node.uses),
                "queued": self.now,
                "started": None,
                "ended": None,
                "paused_ms": 0,
                "outcome": None,
            }
            if case.observed:
                self.rows.append(row)

    def close(self, token: Token, outcome: str, paused: int = 0) -> None:
        for case, row in token.rows.items():
            row["outcome"] = "cancelled" if token.batch and case.over else outcome
            row.update(ended=self.now, paused_ms=paused, channel=case.attributes.get("channel"))

    def results(self) -> tuple[list[tuple], list[tuple]]:
        self.rows.sort(key=lambda row: (row["case"], row["queued"], row["order"], row["visit"]))
        return [tuple(row[key] for key in JOURNEY) for row in self.rows], sorted(self.events)


def simulate(network, traffic, *, seed=0, replication=0, warm_up_h=0.0, observe_h, run_out_h=None, luck=None):
    """Run a network and return its journeys and events as lists of tuples, in the columns `JOURNEY` and `EVENT`.

    Parameters
    ----------
    network, traffic
        As in the package.
    seed, replication
        Key words of the random numbers.
    warm_up_h, observe_h, run_out_h
        The window, hours.
    luck
        Function (case, step, visit, purpose, draw) → number in (0, 1), to feed draws by hand; None = Philox.
    """
    oracle = Oracle(network, traffic, seed, replication, warm_up_h, observe_h, run_out_h, luck)
    oracle.run()
    return oracle.results()
