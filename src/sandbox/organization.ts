import type { Instant } from "../domain/day.ts";
import { once } from "../domain/once.ts";
import type { SimulatedOrganization } from "../domain/simulated-id.ts";
import { type Catalog, createCatalog } from "./organization/catalog.ts";
import { type ConsoleSetup, createConsole } from "./organization/console.ts";
import { createDirectory, type Directory, type OrganizationKind } from "./organization/directory.ts";
import { createEnterprise, type EnterpriseSetup } from "./organization/enterprise.ts";
import { createGroups, type Groups } from "./organization/groups.ts";
import { createInvites, type Invites } from "./organization/invites.ts";
import { type Person, personAt, personCount } from "./organization/people.ts";

/**
 * The simulated company and its two organizations, Enterprise and Console. Everything is computed from the seed when
 * first needed, so any size starts at once.
 */
export interface Organization {
  readonly seed: number;
  /** People who ever belonged to the Enterprise organization. */
  readonly members: number;
  /** Members, then the system identity, then people known to the Console only. */
  readonly personCount: number;
  person(index: number): Person;
  /** How many people have been computed so far. */
  readonly computed: number;
  readonly directories: Readonly<Record<OrganizationKind, Directory>>;
  readonly groups: Groups;
  readonly catalog: Catalog;
  readonly console: ConsoleSetup;
  readonly enterprise: EnterpriseSetup;
  readonly invites: Readonly<Record<OrganizationKind, Invites>>;
  /** All people who were ever in an organization, the latest added first. */
  newestFirst(kind: OrganizationKind): readonly Person[];
  /** Position of each person among all Enterprise members by email. */
  emailOrder(): Int32Array;
  currentCount(kind: OrganizationKind, now: Instant): number;
}

export interface OrganizationOptions extends SimulatedOrganization {
  /** From 20 to 100,000. */
  readonly users: number;
}

export function createOrganization(options: OrganizationOptions): Organization {
  const { users, seed } = options;
  const people: (Person | undefined)[] = [];
  let computed = 0;
  const count = personCount(users);

  const person = (index: number): Person => {
    const known = people[index];
    if (known !== undefined) return known;
    const made = personAt(seed, users, index);
    people[index] = made;
    computed++;
    return made;
  };

  const directories = {
    enterprise: createDirectory("enterprise", options),
    console: createDirectory("console", options),
  };
  const groups = once(() => createGroups(seed, users));
  const setup = once(() => createConsole(seed, users, someEngineers()));

  const someEngineers = () => {
    const found: number[] = [];
    for (let i = 0; i < users && found.length < 8; i++)
      if (person(i).console && person(i).left === Infinity) found.push(i);
    return found;
  };

  const newestOf = {
    enterprise: once(() => newestFirst(directories.enterprise, person, count)),
    console: once(() => newestFirst(directories.console, person, count)),
  };
  const emailOrder = once(() => emailRanks(directories.enterprise, person, users, count));

  const catalog = createCatalog(seed, users);
  return {
    seed,
    members: users,
    personCount: count,
    person,
    get computed() {
      return computed;
    },
    directories,
    get groups() {
      return groups();
    },
    catalog,
    get console() {
      return setup();
    },
    enterprise: createEnterprise(seed),
    invites: {
      enterprise: { sent: (now) => createInvites("enterprise", seed, users, groups()).sent(now) },
      console: { sent: (now) => createInvites("console", seed, users, groups()).sent(now) },
    },
    newestFirst: (kind) => newestOf[kind](),
    emailOrder,
    currentCount(kind, now) {
      let current = 0;
      for (const member of newestOf[kind]()) if (directories[kind].isCurrent(member, now)) current++;
      return current;
    },
  };
}

function newestFirst(directory: Directory, person: Organization["person"], count: number): Person[] {
  const added = new Float64Array(count);
  const members: Person[] = [];
  for (let i = 0; i < count; i++) if (directory.has(person(i))) members.push(person(i));
  for (const member of members) added[member.index] = directory.addedAt(member);
  return members.sort((a, b) => (added[b.index] as number) - (added[a.index] as number) || a.index - b.index);
}

/** Ranks members by the address they had while members, so that an erasure does not move the others. */
function emailRanks(
  directory: Directory,
  person: Organization["person"],
  members: number,
  count: number,
): Int32Array {
  const emails = Array.from(
    { length: members },
    (_, i) => directory.account(person(i), -Infinity).email ?? "",
  );
  const order = emails
    .map((_, i) => i)
    .sort((a, b) => ((emails[a] as string) < (emails[b] as string) ? -1 : 1));
  const ranks = new Int32Array(count).fill(members);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}
