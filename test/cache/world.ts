import { setTimeout as sleep } from "node:timers/promises";
import type { SharedStore } from "../../src/cache/shared-store.ts";
import { addDays, dayOf, type Instant } from "../../src/domain/day.ts";
import { periodRange } from "../../src/domain/period.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { SandboxDispatcher } from "../../src/sandbox/dispatcher.ts";
import type { WireRequest } from "../../src/sandbox/protocol.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { type Answer, gateway } from "../gateway.ts";
import {
  agreeOnSeats,
  agrees,
  difference,
  saidBy,
  same,
  unmarked,
  without,
  withoutPartial,
} from "./answers.ts";
import { DAY, type History, HOUR, isExportedList, keyOf, MINUTE, type Question } from "./histories.ts";

/** The clock of the sandbox: where it stands for the request being answered. */
let clock = 0;
const sandbox = createSandbox({ users: 22, seed: 3, now: () => clock, rateLimit: "off" });
const ERASED = sandbox.organization.directories.enterprise.userId(7);

let turn: Promise<unknown> = Promise.resolve();

/** One request after the other: what is asked behind an answer would be answered as of the instant another one has set. */
function handled(request: WireRequest, at: () => Instant) {
  const answer = turn.then(() => {
    clock = at();
    return sandbox.handle(request);
  });
  turn = answer.catch(() => {});
  return answer;
}

/** When a process last asked for each path. */
type Log = Map<string, Instant>;

interface Process {
  readonly gateway: ReturnType<typeof gateway>;
  readonly log: Log;
}

interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A list as far as a client has read it. */
interface Reading {
  readonly since: Instant;
  readonly variables: Asked["variables"];
  readonly rows: readonly unknown[];
  readonly after: string;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Gateways that live through a history: one with its memory alone, or two that share a store. `ask` and `readOn` tell what is
 * wrong with an answer, which is nothing where it is right.
 */
export async function createWorld({ begins, pageRows }: History, open: (() => Promise<SharedStore>) | null) {
  let now = begins;
  const keys = {
    ANTHROPIC_ANALYTICS_KEY: `sk-ant-api01-${crypto.randomUUID()}`,
    ANTHROPIC_ADMIN_KEY: `sk-ant-admin01-${crypto.randomUUID()}`,
  };
  /** When anybody last asked for each path; and what was asked by those who are gone, in their store still. */
  const everyone: Log = new Map();
  const readings = new Map<Question, Reading>();

  function over(
    at: (path: string) => Instant,
    settings: Readonly<Record<string, string>>,
    store: SharedStore | null = null,
  ) {
    const dispatcher = new SandboxDispatcher({
      handle: (request) => handled(inPages(request, pageRows), () => at(request.path)),
    });
    return gateway({
      dispatcher,
      now: new Date(now).toISOString(),
      settings: { ...keys, MAX_UPSTREAM_REQUESTS: "100000", MAX_ROWS: "1000000", ...settings },
      ...(store === null ? {} : { store }),
    });
  }

  async function start(): Promise<Process> {
    const log: Log = new Map();
    const ask = (path: string) => {
      log.set(path, now);
      everyone.set(path, now);
      return now;
    };
    if (open === null) return { gateway: over(ask, {}), log };
    return { gateway: over(ask, { CACHE_MEMORY_BYTES: "20KiB" }, await open()), log };
  }

  const processes = await Promise.all(open === null ? [start()] : [start(), start()]);
  const processAt = (place: number) => processes[place % processes.length] as Process;

  /** What a gateway without any cache answers, whose upstream tells of each path what it told at an instant. */
  async function truth({ query, variables }: Asked, at: (path: string) => Instant): Promise<Answer> {
    const { ask, app } = over(at, { FRESH_TTL: "0" });
    const answer = await ask(query, variables);
    await app.dispose();
    return answer;
  }

  /** Whether what a path told then is no older than promised, or has not changed. */
  async function isPromised(path: string, then: Instant, isStale: boolean): Promise<boolean> {
    const life = lifetimeOf(path) * (isStale ? 2 : 1);
    if (then > now - life) return true;
    if (isExported(path) && exportAt(then) >= exportAt(now - life + 1)) return true;
    return (await contentOf(path, then)) === (await contentOf(path, now));
  }

  /**
   * An answer is what upstream says now, or else what it said when the pages behind it were asked for, if that is no longer ago
   * than is promised.
   */
  async function judge(asked: Asked, answer: Answer, logs: readonly Log[]): Promise<string[]> {
    const said = saidBy(answer);
    const right = await truth(asked, () => now);
    if (same(said, saidBy(right))) return [];
    const recent = await truth(asked, () => now - HOUR + 1);
    const where = `${asked.query} ${JSON.stringify(asked.variables)} at ${new Date(now).toISOString()}`;
    if (![right, recent].some((each) => agreeOnSeats(answer, each)))
      return [where, "tells of other seats than there are, or were an hour ago"];
    const isStale = JSON.stringify([answer.data, answer.extensions]).includes('"stale":true');
    const why = new Set<string>();
    for (const log of logs) {
      const used = new Map<string, Instant>();
      const then = await truth(asked, (path) => {
        // Days that are kept one by one were asked for in another range.
        const then = log.get(path) ?? log.get(pathname(path)) ?? now;
        used.set(path, then);
        return then;
      });
      const isOfWholeDays = asked.query.includes("incomplete: EXCLUDE");
      const told = saidBy(isOfWholeDays ? withoutPartial(then, Math.min(...used.values())) : then);
      if (!agrees(unmarked(said), unmarked(told))) {
        why.add(`is not what was told: ${difference(unmarked(said), unmarked(told))}`);
        continue;
      }
      const old = [];
      for (const [path, then] of used) if (!(await isPromised(path, then, isStale))) old.push(path);
      if (old.length === 0) return [];
      for (const path of old) why.add(`${path} is of ${new Date(used.get(path) ?? 0).toISOString()}`);
    }
    return [where, ...why, `is not what is true now: ${difference(said, saidBy(right))}`];
  }

  /** An answer, and by what it can have been told: what was asked for before it and for it. */
  async function answerOf({ query, variables }: Asked, place: number): Promise<readonly [Answer, Log[]]> {
    const { gateway, log } = processAt(place);
    const before = [new Map(log), new Map(everyone)];
    const answer = await gateway.ask(query, variables);
    if (answer.extensions.freshness.stale) await sleep(15); // for what is asked behind it
    return [answer, [log, everyone, ...before]];
  }

  function askedBy(question: Question, first: number | null, after: string | null): Asked {
    return { query: queryOf(question), variables: { range: rangeOf(question), first, after } };
  }

  function rangeOf({ range }: Question): { between: DayRange } {
    const today = dayOf(now);
    if ("period" in range) return { between: periodRange(range.period, today) };
    if ("last" in range) return { between: { from: addDays(today, -range.last), until: today } };
    const from = addDays(dayOf(begins), -range.back);
    return { between: { from, until: addDays(from, range.length) } };
  }

  /** Whether no figures can have been exported or aggregated since the oldest pages that may be shown of that time. */
  function isCalmSince(then: Instant): boolean {
    const [oldest, later] = [then - 2 * HOUR, 2 * HOUR];
    return exportAt(oldest) === exportAt(now) && exportAt(oldest - later) === exportAt(now - later);
  }

  async function ask(question: Question, place: number): Promise<string[]> {
    const asked = askedBy(question, question.first, null);
    const [answer, logs] = await answerOf(asked, place);
    const faults = await judge(asked, answer, logs);
    const list = answer.data?.[question.field];
    readings.delete(question);
    if (faults.length === 0 && list?.pageInfo?.hasNextPage) {
      const { variables } = asked;
      readings.set(question, { since: now, variables, rows: list.nodes, after: list.pageInfo.endCursor });
    }
    return faults;
  }

  /** The next page of a list; at its end, each row was there once. */
  async function readOn(question: Question, place: number): Promise<string[]> {
    const reading = readings.get(question);
    if (reading === undefined) return [];
    readings.delete(question);
    const { since, rows, after } = reading;
    const asked = { query: queryOf(question), variables: { ...reading.variables, after } };
    const [answer] = await answerOf(asked, place);
    const where = `${asked.query} ${JSON.stringify(reading.variables)} from ${new Date(since).toISOString()} to ${new Date(now).toISOString()}`;
    const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code);
    if (codes.length > 0) {
      // The days that a range means are part of what a cursor belongs to, and today ends at midnight.
      const isAnother = codes.every((code) => code === "CURSOR_INVALID") && dayOf(since) !== dayOf(now);
      const isExpired = codes.every((code) => code === "CURSOR_EXPIRED");
      const isLegal = isAnother || (isExpired && !(isCalmSince(since) && isExportedList(question)));
      return isLegal ? [] : [where, `reading on fails with ${codes.join()}`];
    }
    const { nodes, pageInfo } = answer.data[question.field];
    const all: unknown[] = [...rows, ...nodes];
    const ids = all.map(keyOf(question));
    const repeated = ids.filter((id, i) => ids.indexOf(id) !== i);
    if (repeated.length > 0) return [where, `repeats ${repeated.join()}`];
    if (pageInfo.hasNextPage) {
      readings.set(question, { ...reading, rows: all, after: pageInfo.endCursor });
      return [];
    }
    const whole = async (instant: Instant): Promise<unknown[]> => {
      const variables = { ...reading.variables, first: 1000, after: null };
      const { data, errors } = await truth({ query: asked.query, variables }, () => instant);
      if (errors?.every(({ extensions }) => extensions.code === "NOT_YET_AVAILABLE")) return [];
      if (errors !== undefined) throw new Error(`no list to compare with: ${JSON.stringify(errors)}`);
      return data[question.field].nodes;
    };
    const [oldest, then, later] = [await whole(since - 2 * HOUR), await whole(since), await whole(now)];
    const [there, still] = [oldest, then].map((list) => new Set(list.map(keyOf(question))));
    const missing = later
      .map(keyOf(question))
      .filter((id) => there?.has(id) && still?.has(id) && !ids.includes(id));
    if (missing.length > 0) return [where, `lacks ${missing.join()}`];
    const isStill = same(oldest, later) && same(then, later);
    if (isStill && !agrees(unmarked(all), unmarked(later)))
      return [where, `is not the list: ${difference(unmarked(all), unmarked(later))}`];
    return [];
  }

  return {
    ask,
    readOn,
    pass(until: (now: Instant) => Instant) {
      now = until(now);
      for (const { gateway } of processes) gateway.at(new Date(now).toISOString());
    },
    async restart(place: number) {
      await processAt(place).gateway.app.dispose();
      if (open === null) everyone.clear();
      processes[place % processes.length] = await start();
    },
    async dispose() {
      for (const { gateway } of processes) await gateway.app.dispose();
    },
  };
}

function queryOf({ field, args, rows, first }: Question): string {
  if (first === null) return `query ($range: DateRange!) { ${field}(range: $range, ${args}) { ${rows} } }`;
  return `query ($range: DateRange!, $first: Int, $after: String) { ${field}(range: $range, first: $first, after: $after, ${args}) { nodes { ${rows} } range { from until } pageInfo { hasNextPage endCursor } freshness { state refreshedAt completeThrough stale } } }`;
}

/** A request for pages of few rows, so that lists of few people have several. */
function inPages(request: WireRequest, most: number): WireRequest {
  const path = request.path.replace(/([?&]limit=)(\d+)/, (_all, name, limit) => name + Math.min(limit, most));
  return { ...request, path };
}

function pathname(path: string): string {
  return path.split("?")[0] ?? path;
}

function exportAt(instant: Instant): Instant {
  return instant - (instant % (4 * HOUR));
}

function isExported(path: string): boolean {
  return /\/analytics\/(usage|cost|usage_report|cost_report|user_usage_report|user_cost_report)$/.test(
    pathname(path),
  );
}

/** How long what a path told is shown as it is. */
function lifetimeOf(path: string): number {
  if (isExported(path) || /\/(usage_report\/.*|cost_report|rbac_groups)$/.test(pathname(path)))
    return 5 * MINUTE;
  return path.includes("/analytics/") ? HOUR : DAY;
}

/** The list behind a page at an instant, but for who people are: names change, and upstream drops those who are erased. */
async function contentOf(path: string, instant: Instant): Promise<string> {
  clock = instant;
  const { body } = await sandbox.handle({
    method: "GET",
    path: path.replace(/([?&])page=[^&]*&?/, "$1"),
    headers: {
      "x-api-key": path.includes("/analytics/") ? "sk-ant-api01-test" : "sk-ant-admin01-test",
      "anthropic-version": "2026-10-21",
      "anthropic-beta": "analytics-usage-cost-2026-08-24",
    },
  });
  const { data } = JSON.parse(body) as { data?: unknown };
  const isErased = (row: unknown) => (row as { user?: { id?: string } }).user?.id === ERASED;
  const rows = Array.isArray(data) ? data.filter((row) => !isErased(row)) : data;
  return JSON.stringify(without(rows, [...NAMES, ...SEATS]));
}

const NAMES = ["email", "email_address", "name", "deleted", "created_by"];
const SEATS = [
  "assigned_seat_count",
  "pending_invite_count",
  "daily_adoption_rate",
  "weekly_adoption_rate",
  "monthly_adoption_rate",
];
