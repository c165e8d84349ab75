import { day } from "../../domain/day.ts";
import { adoption, type DayNumber, dayNumber } from "../calendar.ts";
import { chanceOf, Dice, hash } from "../random.ts";

/** Surfaces that a person can be active in; the bits of a day's plan are in this order. */
export const SURFACES = [
  "chat",
  "claude_code",
  "cowork",
  "office_agent",
  "claude_in_chrome",
  "claude_design",
  "science",
  "claude_tag",
] as const;
export type Surface = (typeof SURFACES)[number];

export const DEPARTMENTS = [
  { name: "Engineering", share: 0.34 },
  { name: "Research", share: 0.06 },
  { name: "Data", share: 0.08 },
  { name: "Design", share: 0.05 },
  { name: "Product", share: 0.07 },
  { name: "Sales", share: 0.12 },
  { name: "Marketing", share: 0.06 },
  { name: "Finance", share: 0.05 },
  { name: "Legal", share: 0.03 },
  { name: "Support", share: 0.08 },
  { name: "Operations", share: 0.04 },
  { name: "People", share: 0.02 },
] as const;
type Department = (typeof DEPARTMENTS)[number]["name"];

/** One human (or the one system identity) of the company, as far as figures depend on it. */
export interface Person {
  readonly index: number;
  readonly kind: "member" | "system" | "contractor";
  readonly department: Department;
  readonly engineer: boolean;
  /** First day in the Enterprise organization; contractors: in the Console one. */
  readonly joined: DayNumber;
  /** First day no longer a member; Infinity for those who stay. */
  readonly left: DayNumber;
  /** Share of working days (of 256) on which each surface is used, in the order of SURFACES; 0 is never. */
  readonly habits: readonly number[];
  /** How much one does in a day, 1 being ordinary; a few do ten times that. */
  readonly volume: number;
  /** Minutes by which the person's clock is ahead of UTC. */
  readonly offset: number;
  readonly region: "us" | "global";
  /** True if the person's Slack identity is linked to the account. */
  readonly linked: boolean;
  /** True if there is an account in the Console organization too. */
  readonly console: boolean;
}

/** People at fixed places, for the awkward cases every client meets. */
export const NOTABLE = {
  /** Writes the Console address with capitals. */
  capitals: 2,
  /** Is in three groups. */
  threeGroups: 3,
  /** Left the company. */
  departed: 5,
  /** Had the account erased. */
  erased: 7,
} as const;

export const ERASED_ON = dayNumber(day("2026-08-15"));
const DEPARTED_ON = dayNumber(day("2026-06-20"));
const LAST_JOIN = dayNumber(day("2026-10-31"));

const STREAM = { profile: 1, absence: 2, plan: 3, weeks: 4 } as const;

/** `members` of the Enterprise organization come first, then the system identity, then people only in the Console. */
export function personCount(members: number): number {
  return members + 1 + Math.max(1, Math.round(members * 0.02));
}

export function personAt(seed: number, members: number, index: number): Person {
  const dice = new Dice(hash(seed, STREAM.profile, index));
  const kind = index < members ? "member" : index === members ? "system" : "contractor";
  const department =
    kind === "contractor" || index === NOTABLE.capitals ? "Engineering" : departmentAt(dice.next());
  const engineer = department === "Engineering" || department === "Research" || department === "Data";
  const joined = joinDay(dice, index);
  const place = dice.next();
  return {
    index,
    kind,
    department,
    engineer,
    joined: kind === "system" ? -90 : joined,
    left: kind === "member" ? leaveDay(dice, index, joined) : Infinity,
    habits: kind === "member" ? habitsOf(dice, department, engineer, index) : NONE,
    // A long tail: the median is about 0.8, one in a hundred does more than five times as much.
    volume: Math.min(12, Math.exp(0.75 * bell(dice) - 0.2)),
    offset: place < 0.42 ? -60 * dice.between(5, 8) : place < 0.85 ? 60 * dice.between(0, 2) : 330,
    region: place < 0.42 ? "us" : "global",
    linked: dice.chance(0.9),
    console:
      kind === "contractor" ||
      (kind === "member" &&
        index !== NOTABLE.erased &&
        (index === NOTABLE.capitals || dice.chance(engineer ? 0.85 : 0.03))),
  };
}

const NONE: readonly number[] = SURFACES.map(() => 0);

function departmentAt(u: number): Department {
  let reached = 0;
  for (const { name, share } of DEPARTMENTS) {
    reached += share;
    if (u < reached) return name;
  }
  return "Operations";
}

function joinDay(dice: Dice, index: number): DayNumber {
  const early = dice.chance(0.55);
  const joined = early ? -dice.between(1, 300) : dice.between(0, LAST_JOIN);
  // The notable people are there from the start.
  return index < 15 ? -Math.abs(joined) - 10 : joined;
}

function leaveDay(dice: Dice, index: number, joined: DayNumber): DayNumber {
  const leaves = dice.chance(0.07);
  const day = Math.max(joined, 0) + dice.between(20, 400);
  if (index === NOTABLE.erased) return ERASED_ON;
  if (index === NOTABLE.departed) return DEPARTED_ON;
  return leaves && index >= 15 ? day : Infinity;
}

function habitsOf(dice: Dice, department: Department, engineer: boolean, index: number): number[] {
  const some = (share: number, from: number, to: number) => {
    const [uses, much] = [dice.next() < share, dice.next()];
    return uses ? Math.round(256 * (from + (to - from) * much)) : 0;
  };
  const desk =
    department === "Finance" ||
    department === "Sales" ||
    department === "Legal" ||
    department === "Operations";
  const habits = [
    some(0.94, 0.35, 0.92),
    some(engineer ? 0.88 : 0.05, 0.35, 0.95),
    some(0.5, 0.1, 0.6),
    some(desk ? 0.75 : 0.15, 0.15, 0.6),
    some(0.25, 0.05, 0.4),
    some(department === "Design" || department === "Product" ? 0.7 : 0.06, 0.1, 0.5),
    some(department === "Research" ? 0.5 : 0, 0.1, 0.4),
    some(0.35, 0.05, 0.35),
  ];
  // One in fifty has a seat and never uses it.
  const dormant = dice.chance(0.02) && index >= 15;
  if (dormant) return habits.map(() => 0);
  return index < 15 ? habits.map((habit, i) => (i < 2 ? Math.max(habit, 150) : habit)) : habits;
}

// Sum of uniforms: close enough to a bell for a simulated office.
function bell(dice: Dice): number {
  return dice.next() + dice.next() + dice.next() + dice.next() + dice.next() + dice.next() - 3;
}

/**
 * The surfaces a person is active in on a day, as bits in the order of SURFACES; 0 is none. Cheap, so that rolling counts of
 * active people do not have to generate usage; the ledger holds at least one fact for every bit set, and no other.
 */
export function planOf(seed: number, person: Person, day: DayNumber, load: number): number {
  if (load === 0 || day < person.joined || day >= person.left || person.kind !== "member") return 0;
  if (chanceOf(seed, STREAM.absence, person.index, Math.floor(day / 7)) < 0.07) return 0;
  const present = hash(seed, STREAM.plan, person.index, day);
  if ((present & 0xffff) / 0x10000 >= 0.93 * load) return 0;
  const low = hash(seed, STREAM.weeks, person.index, day);
  const high = hash(seed, STREAM.weeks + 1, person.index, day);
  const spread = adoption(day);
  let bits = 0;
  for (let i = 0; i < 8; i++) {
    const habit = person.habits[i] as number;
    const roll = i < 4 ? (low >>> (8 * i)) & 255 : (high >>> (8 * (i - 4))) & 255;
    if (roll < habit * spread) bits |= 1 << i;
  }
  return bits;
}
