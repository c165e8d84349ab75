import type { Instant } from "../../domain/day.ts";
import { dayNumberOf } from "../calendar.ts";
import { netUnits } from "../ledger/fact.ts";
import { Sum } from "../ledger/prices.ts";
import type { Ledger } from "../ledger.ts";
import type { Group } from "../organization/groups.ts";
import type { Person } from "../organization/people.ts";
import type { Organization } from "../organization.ts";
import { hash, ids } from "../random.ts";
import { billed, billedThousandths, type Currency } from "./billing.ts";
import { PERIODS, type Period, periodStart } from "./periods.ts";

/** Properties of the simulated organization that its spend limits depend on. */
export interface SpendOptions {
  /** The billing currency; USD by default. */
  readonly currency?: Currency;
  /** Off: no spend can be read, and every reading is "0". */
  readonly readings?: "on" | "off";
  /** Off: the organization has no usage credits, and the endpoints refuse. */
  readonly credits?: "on" | "off";
  /** On: some rows have a source, a period and an actor that clients may not know yet. */
  readonly novelties?: "on" | "off";
}

/** A level that a limit comes from, as on the wire. */
export type LimitSource =
  | { readonly type: "user"; readonly user_id: string }
  | { readonly type: "rbac_group"; readonly rbac_group_id: string }
  | { readonly type: "seat_tier"; readonly seat_tier: string }
  | { readonly type: "organization_service"; readonly service: string }
  | { readonly type: "organization" }
  | { readonly type: "cost_centre"; readonly cost_centre: string };

/** A member's limit for one kind of period, and what is read of it. */
export interface EffectiveLimit {
  readonly period: Period | "yearly";
  /** Limit in whole minor units; null where there is none. */
  readonly amount: bigint | null;
  readonly source: LimitSource;
  readonly limitId: string;
  /** Thousandths of a minor unit. */
  readonly reading: bigint;
}

const STREAM = 65;

/** People with awkward rows, by index. */
export const LIMITED = {
  /** Has a limit beyond 2^53. */
  huge: 0,
  /** Has no limit, by a setting of their own. */
  unlimited: 1,
  /** Has no row at all. */
  none: 10,
  /** Has no limit a month and one a week. */
  cappedByWeek: 11,
  ofService: 13,
  ofOrganization: 14,
  /** The account is deleted while the membership goes on. */
  deleted: 15,
  /** The account cannot be read. */
  unavailable: 16,
  nameless: 17,
  /** With `novelties`: a source, a period and an actor that are not known. */
  novelSource: 18,
  novelPeriod: 19,
  novelActor: 2,
} as const;

/** People by index modulo 40, by how their limit relates to their spend of this month. */
const EVERY_FORTIETH = { zero: 4, over: 6, exact: 8, close: 9, silent: 12 } as const;

/** True if spend of the person is read as "0". */
export function isSilent({ index }: Person): boolean {
  return index % 40 === EVERY_FORTIETH.silent;
}

/** The rows of a member now, with the spend that is read. */
export function effectiveLimits(
  ledger: Ledger,
  person: Person,
  now: Instant,
  options: SpendOptions,
): readonly EffectiveLimit[] {
  const { currency = "USD", readings, novelties } = options;
  const { organization } = ledger;
  const isNotable = person.index < 20;
  const hasNone = !isNotable && hash(organization.seed, STREAM, person.index, 1) % 25 === 0;
  if (person.index === LIMITED.none || hasNone) return [];
  const limitIds = ids("spl_", organization.seed, STREAM);
  const spent = (period: Period) => spentThousandths(ledger, person, period, now, currency);
  const read = (period: Period) => (readings === "off" || isSilent(person) ? 0n : spent(period));
  const rows = PERIODS.flatMap((period): EffectiveLimit[] => {
    const own = period === "monthly" ? ownLimit(organization, person, () => spent(period), currency) : null;
    const level = own ?? inheritedLimit(organization, person, period, now, currency);
    if (level === null) return [];
    const { amount, source, nth } = level;
    // Metering stops exactly at the limit.
    const stops = amount !== null && person.index % 40 === EVERY_FORTIETH.exact && period === "monthly";
    const reading = stops && read(period) > 0n ? amount * 1_000n : read(period);
    return [{ period, amount, source, limitId: limitIds.of(nth), reading }];
  });
  return novelties === "on" ? withNovelties(rows, person) : rows;
}

function withNovelties(rows: readonly EffectiveLimit[], { index }: Person): readonly EffectiveLimit[] {
  if (index === LIMITED.novelSource)
    return rows.map((row) => ({ ...row, source: { type: "cost_centre", cost_centre: "4711" } }));
  return index === LIMITED.novelPeriod ? rows.map((row) => ({ ...row, period: "yearly" })) : rows;
}

/** A limit and the number of the configured one behind it, which people who inherit it share. */
interface Level {
  readonly amount: bigint | null;
  readonly source: LimitSource;
  readonly nth: number;
}

const OWN = 1_000;
const OF_GROUPS = 100;

/** The limit set for this person alone; null where there is none. */
function ownLimit(
  { seed, directories }: Organization,
  { index }: Person,
  spent: () => bigint,
  currency: Currency,
): Level | null {
  const level = (amount: bigint | null): Level => ({
    amount,
    source: { type: "user", user_id: directories.enterprise.userId(index) },
    nth: OWN + index,
  });
  if (index === LIMITED.huge) return level(2n ** 60n + 1n);
  if (index === LIMITED.unlimited) return level(null);
  const wholeUnits = () => spent() / 1_000n;
  switch (index % 40) {
    case EVERY_FORTIETH.zero:
      return level(0n);
    case EVERY_FORTIETH.over:
      return level((wholeUnits() * 2n) / 5n + 1n);
    case EVERY_FORTIETH.exact:
      return level(wholeUnits() + 1n);
    case EVERY_FORTIETH.close:
      return level((wholeUnits() * 10n) / 9n + 1n);
    default:
      return hash(seed, STREAM, index, 2) % 16 === 0 ? level(billed(12_000, currency)) : null;
  }
}

/** Cents of a dollar. */
const AMOUNTS = {
  department: 8_000,
  team: 900,
  standardMonth: 5_000,
  premiumWeek: 2_500,
  service: 10_000,
  organizationMonth: 6_000,
  organizationWeek: 3_000,
} as const;

/** The limit that a person inherits for a kind of period; null where no level sets one. */
function inheritedLimit(
  { seed, groups }: Organization,
  person: Person,
  period: Period,
  now: Instant,
  currency: Currency,
): Level | null {
  const held = groups.of(person, dayNumberOf(now));
  const ofGroup = (group: Group, cents: number): Level => ({
    amount: billed(cents, currency),
    source: { type: "rbac_group", rbac_group_id: group.id },
    nth: OF_GROUPS + group.index,
  });
  const ofTier = (tier: string, amount: bigint | null, nth: number): Level => ({
    amount,
    source: { type: "seat_tier", seat_tier: tier },
    nth,
  });
  const ofOrganization = (cents: number, nth: number): Level => ({
    amount: billed(cents, currency),
    source: { type: "organization" },
    nth,
  });
  const tier = seatTier(seed, person);
  switch (period) {
    case "monthly": {
      if (person.index === LIMITED.ofService)
        return {
          amount: billed(AMOUNTS.service, currency),
          source: { type: "organization_service", service: "claude_code" },
          nth: 0,
        };
      const department = held.find(({ index }) => index < 12 && index % 3 === 0);
      if (department !== undefined && tier === "standard" && hasGroupLimits(person))
        return ofGroup(department, AMOUNTS.department);
      if (tier === "premium") return ofTier("enterprise_premium", null, 1);
      return tier === "standard"
        ? ofTier("enterprise_standard", billed(AMOUNTS.standardMonth, currency), 2)
        : ofOrganization(AMOUNTS.organizationMonth, 3);
    }
    case "weekly":
      if (tier === "premium") return ofTier("enterprise_premium", billed(AMOUNTS.premiumWeek, currency), 4);
      return tier === "none" ? ofOrganization(AMOUNTS.organizationWeek, 5) : null;
    case "daily": {
      const team = held.find(({ index }) => index >= 12 && index % 2 === 0);
      return team !== undefined && hasGroupLimits(person) ? ofGroup(team, AMOUNTS.team) : null;
    }
  }
}

function hasGroupLimits({ index }: Person): boolean {
  return index !== LIMITED.ofOrganization && index !== LIMITED.cappedByWeek;
}

function seatTier(seed: number, { index }: Person): "standard" | "premium" | "none" {
  if (index === LIMITED.ofOrganization) return "none";
  if (index === LIMITED.cappedByWeek) return "premium";
  const luck = hash(seed, STREAM, index, 3) % 10;
  return luck < 6 ? "standard" : luck < 9 ? "premium" : "none";
}

/** Net spend of a person since the current period began, in thousandths of a minor unit, of all that has arrived. */
function spentThousandths(
  ledger: Ledger,
  { index }: Person,
  period: Period,
  now: Instant,
  currency: Currency,
): bigint {
  const sum = new Sum();
  const span = { from: periodStart(period, now), until: now };
  for (const fact of ledger.facts("enterprise", span, now, [index]))
    if (fact.person === index) sum.add(netUnits(fact));
  return billedThousandths(sum.units, currency);
}
