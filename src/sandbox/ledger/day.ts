import { type DayNumber, workload } from "../calendar.ts";
import type { OrganizationKind } from "../organization/directory.ts";
import { type Person, planOf } from "../organization/people.ts";
import type { Organization } from "../organization.ts";
import { chanceOf, Dice, hash } from "../random.ts";
import { lateArrival } from "./arrival.ts";
import { claudeCode, consoleCode } from "./code.ts";
import type { Desk } from "./desk.ts";
import type { Fact } from "./fact.ts";
import { codeReview, keylessTraffic, keyTraffic, systemWork } from "./machines.ts";
import { chat, chrome, cowork, design, office, science } from "./products.ts";
import { channelCount, channelWork, claudeTag } from "./tag.ts";

const STREAM = { facts: 80, works: 81 } as const;

/** Where the numbers of each kind of source begin; people start at 0. */
const SOURCE = { channel: 2_000_000, review: 3_000_000, key: 4_000_000, keyless: 5_000_000 } as const;

const NO_FACTS: readonly Fact[] = [];

/** Returns what one person did on a day in one organization. */
export function personDay(
  organization: Organization,
  kind: OrganizationKind,
  person: Person,
  day: DayNumber,
): readonly Fact[] {
  return kind === "enterprise"
    ? enterpriseDay(organization, person, day)
    : consoleDay(organization, person, day);
}

/** Yields the usage of a day that is tied to no person. */
export function* machineDay(
  organization: Organization,
  kind: OrganizationKind,
  day: DayNumber,
): Iterable<readonly Fact[]> {
  if (workload(day) === 0) return;
  const { seed } = organization;
  const one = (source: number, work: (desk: Desk) => void) => {
    const desk = deskOf(organization, source, day, null);
    work(desk);
    return desk.facts;
  };
  if (kind === "enterprise") {
    yield* enterpriseMachines(organization, day, one);
    return;
  }
  for (const key of organization.console.apiKeys) {
    if (key.volume > 0) yield one(SOURCE.key + key.index, (desk) => keyTraffic(desk, key));
  }
  if (works(seed, SOURCE.keyless, day, 0.8)) yield one(SOURCE.keyless, (desk) => keylessTraffic(desk, null));
  if (works(seed, SOURCE.keyless + 1, day, 0.9))
    yield one(SOURCE.keyless + 1, (desk) => keylessTraffic(desk, 1));
}

function* enterpriseMachines(
  { seed, members }: Organization,
  day: DayNumber,
  one: (source: number, work: (desk: Desk) => void) => readonly Fact[],
): Iterable<readonly Fact[]> {
  for (let i = 0; i < channelCount(members); i++) {
    const source = SOURCE.channel + i;
    if (works(seed, source, day, 0.7)) yield one(source, (desk) => channelWork(desk, i));
  }
  for (let i = 0; i < Math.max(2, members / 60); i++) {
    if (works(seed, SOURCE.review + i, day, 0.8)) yield one(SOURCE.review + i, codeReview);
  }
}

function enterpriseDay(organization: Organization, person: Person, day: DayNumber): readonly Fact[] {
  const { seed } = organization;
  const { index } = person;
  if (person.kind === "system") {
    if (!works(seed, index, day, 0.9)) return NO_FACTS;
    const desk = deskOf(organization, index, day, person);
    systemWork(desk, index);
    return desk.facts;
  }
  const plan = planOf(seed, person, day, workload(day));
  if (plan === 0) return NO_FACTS;
  const desk = deskOf(organization, index, day, person);
  if (plan & 1) chat(desk, index);
  if (plan & 2) claudeCode(desk, index);
  if (plan & 4) cowork(desk, index);
  if (plan & 8) office(desk, index);
  if (plan & 16) chrome(desk, index);
  if (plan & 32) design(desk, index);
  if (plan & 64) science(desk, index);
  if (plan & 128) claudeTag(desk, index, person.linked);
  return desk.facts;
}

function consoleDay(organization: Organization, person: Person, day: DayNumber): readonly Fact[] {
  if (!person.console || day < person.joined + 20 || day >= person.left) return NO_FACTS;
  const source = person.index + SOURCE.keyless * 2;
  const share = person.kind === "contractor" ? 0.8 : person.engineer ? 0.4 : 0.05;
  if (!works(organization.seed, source, day, share)) return NO_FACTS;
  const desk = deskOf(organization, source, day, person);
  consoleCode(desk, person.index, organization.console.claudeCodeWorkspace.index);
  return desk.facts;
}

function works(seed: number, source: number, day: DayNumber, share: number): boolean {
  return chanceOf(seed, STREAM.works, source, day) < share * workload(day);
}

function deskOf(organization: Organization, source: number, day: DayNumber, person: Person | null): Desk {
  const { seed } = organization;
  return {
    organization,
    person,
    day,
    dice: new Dice(hash(seed, STREAM.facts, source, day)),
    arrivesAt: lateArrival(seed, source, day),
    facts: [],
  };
}
