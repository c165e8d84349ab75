import { day, type Instant } from "../../domain/day.ts";
import { adoption, type DayNumber, dayNumber, MINUTE_MS, startOfNumber } from "../calendar.ts";
import type { Person } from "../organization/people.ts";
import type { Organization } from "../organization.ts";
import type { Dice } from "../random.ts";
import { enterpriseUse } from "./enterprise-use.ts";
import type { ApiUse, CodeWork, Engagement, Fact, TagUse } from "./fact.ts";
import { modelRate, type Rate } from "./prices.ts";

/** A person (or a machine) on one day, while its facts are written. */
export interface Desk {
  readonly organization: Organization;
  readonly person: Person | null;
  readonly day: DayNumber;
  readonly dice: Dice;
  /** Null: everything arrives at once. */
  readonly arrivesAt: Instant | null;
  readonly facts: Fact[];
}

export interface Load {
  readonly requests: number;
  /** Means per request, in tokens. */
  readonly uncached: number;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly output: number;
}

export interface Attachments {
  readonly organization: Fact["organization"];
  readonly person: number | null;
  readonly product: string | null;
  readonly searches: number;
  readonly engagement: Engagement | null;
  readonly code: CodeWork | null;
  readonly tag: TagUse | null;
  readonly api: ApiUse | null;
}

/** Writes down `requests` requests of about the size of `load`. */
export function write(desk: Desk, at: Instant, rate: Rate, load: Load, about: Attachments): void {
  const { dice } = desk;
  const amount = (mean: number) => (mean === 0 ? 0 : dice.around(mean * load.requests));
  desk.facts.push({
    organization: about.organization,
    at,
    arrivesAt: desk.arrivesAt ?? at,
    person: about.person,
    product: about.product,
    rate,
    uncached: amount(load.uncached),
    write5m: amount(load.write5m),
    write1h: amount(load.write1h),
    read: amount(load.read),
    output: amount(load.output),
    searches: about.searches,
    executions: 0,
    sessionMinutes: 0,
    requests: load.requests,
    engagement: about.engagement,
    code: about.code,
    tag: about.tag,
    api: about.organization === "enterprise" ? enterpriseUseOf(desk, about) : about.api,
  });
}

function enterpriseUseOf({ organization, day, facts }: Desk, { person, product, code }: Attachments): ApiUse {
  return enterpriseUse(organization, { day, nth: facts.length, person, product, isSession: code !== null });
}

/** Writes down `runs` runs of code, which belong to no product and no model. */
export function writeRuns(desk: Desk, at: Instant, rate: Rate, runs: number, about: Behind): void {
  writePlain(desk, at, rate, { executions: runs, sessionMinutes: 0, requests: runs }, null, about);
}

/** Writes down the time a managed session ran. */
export function writeSession(desk: Desk, at: Instant, rate: Rate, minutes: number, about: Behind): void {
  const counted = { executions: 0, sessionMinutes: minutes, requests: 0 };
  writePlain(desk, at, rate, counted, "managed_agents_api", about);
}

type Behind = Pick<Attachments, "organization" | "person" | "api">;

function writePlain(
  desk: Desk,
  at: Instant,
  rate: Rate,
  counted: Pick<Fact, "executions" | "sessionMinutes" | "requests">,
  product: string | null,
  about: Behind,
): void {
  desk.facts.push({
    organization: about.organization,
    at,
    arrivesAt: desk.arrivesAt ?? at,
    person: about.person,
    product,
    rate,
    uncached: 0,
    write5m: 0,
    write1h: 0,
    read: 0,
    output: 0,
    searches: 0,
    executions: counted.executions,
    sessionMinutes: counted.sessionMinutes,
    requests: counted.requests,
    engagement: null,
    code: null,
    tag: null,
    api: about.api,
  });
}

/** A minute of the day within the person's working hours; around the clock for machines. */
export function minute(desk: Desk): Instant {
  const { dice, person } = desk;
  const local = person === null ? dice.below(1440) : 480 + dice.below(340) + dice.below(340);
  const utc = (local - (person?.offset ?? 0) + 2880) % 1440;
  return startOfNumber(desk.day) + utc * MINUTE_MS;
}

/** How many separate pieces of work a person's day holds: usually one to three, more for the busiest. */
export function pieces(desk: Desk, mean: number): number {
  const volume = desk.person?.volume ?? 1;
  return Math.min(
    9,
    1 + Math.floor(desk.dice.next() * mean * (0.5 + 0.8 * volume) * (0.6 + 0.4 * adoption(desk.day))),
  );
}

const SURFACE_PLACE: Readonly<Record<Engagement["surface"], number>> = {
  chat: 0,
  claude_code: 1,
  cowork: 2,
  office_agent: 3,
  claude_in_chrome: 4,
  claude_design: 5,
  science: 6,
};

/** The number of a conversation or session, different from all others. `block` is the span of days it can last. */
export function threadOf(
  person: number,
  surface: Engagement["surface"],
  block: number,
  slot: number,
): number {
  return ((person * 2048 + block) * 32 + slot) * 8 + SURFACE_PLACE[surface];
}

const SONNET_5 = dayNumber(day("2026-05-18"));
const OPUS_4_8 = dayNumber(day("2026-08-10"));

/** A model in use on the day: newer ones take over within weeks. */
function modelOf(desk: Desk, haiku: number, opus: number): string {
  const u = desk.dice.next();
  const recent = desk.dice.chance(0.85);
  if (u < haiku) return "claude-haiku-4-5";
  if (u < haiku + opus) return recent && desk.day >= OPUS_4_8 ? "claude-opus-4-8" : "claude-opus-4-6";
  return recent && desk.day >= SONNET_5 ? "claude-sonnet-5" : "claude-sonnet-4-5";
}

export function rateOf(
  desk: Desk,
  product: string,
  mix: { haiku: number; opus: number; long: number; fast: number },
): Rate {
  const { dice, person } = desk;
  const model = modelOf(desk, mix.haiku, mix.opus);
  const long = dice.chance(mix.long) && model !== "claude-haiku-4-5";
  const us = person?.region === "us" && dice.chance(0.6);
  const fast = dice.chance(mix.fast) && model.startsWith("claude-opus");
  return modelRate(product, model, long, us, fast);
}
