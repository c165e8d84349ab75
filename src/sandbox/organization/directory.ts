import type { Instant } from "../../domain/day.ts";
import { type SimulatedOrganization, simulatedOrganizationId } from "../../domain/simulated-id.ts";
import { dayNumberOf, startOfNumber } from "../calendar.ts";
import { hash, type Ids, ids, letters } from "../random.ts";
import { naming } from "./names.ts";
import { ERASED_ON, NOTABLE, type Person } from "./people.ts";

export type OrganizationKind = "enterprise" | "console";

/** One of the company's two organizations: the same people under other ids. */
export interface Directory {
  readonly kind: OrganizationKind;
  /** As in `/me`. */
  readonly uuid: string;
  /** As in report envelopes. */
  readonly id: string;
  readonly name: string;
  has(person: Person): boolean;
  userId(index: number): string;
  /** The index of the person behind an id of this organization, whether still a member or not; null for unknown ids. */
  personIndex(userId: string): number | null;
  /** The account at an instant. */
  account(person: Person, now: Instant): Account;
  addedAt(person: Person): Instant;
  isCurrent(person: Person, now: Instant): boolean;
  role(person: Person): string;
}

interface Account {
  readonly id: string;
  /** Null for erased accounts and the system identity. */
  readonly email: string | null;
  readonly name: string;
  /** Departed or erased. */
  readonly deleted: boolean;
}

const STREAM = 30;
const DOMAIN = "ternplover.example";
const CONTRACTOR_DOMAIN = "kestrelworks.example";

export function createDirectory(kind: OrganizationKind, organization: SimulatedOrganization): Directory {
  const { seed, users: members } = organization;
  const salt = kind === "enterprise" ? STREAM : STREAM + 1;
  const userIds: Ids = ids("user_", seed, salt);
  const madeIds: string[] = [];
  const userId = (index: number): string => {
    madeIds[index] ??= userIds.of(index);
    return madeIds[index];
  };
  const nameShift = hash(seed, STREAM + 2) % 20_000;

  const isErased = (person: Person, now: Instant) =>
    kind === "enterprise" && person.index === NOTABLE.erased && dayNumberOf(now) >= ERASED_ON;

  const joinDay = (person: Person) =>
    // Console accounts are opened some time after the Enterprise ones.
    kind === "enterprise" || person.kind === "contractor"
      ? person.joined
      : person.joined + (hash(seed, STREAM + 3, person.index) % 20);

  const addedAt = (person: Person) =>
    startOfNumber(joinDay(person)) +
    (6 * 3600 + (hash(seed, STREAM + 4, person.index, salt) % 36_000)) * 1000;

  const email = (person: Person): string | null => {
    if (person.kind === "system") return null;
    const { mailbox } = naming(nameShift, person.index);
    if (person.kind === "contractor") return `${mailbox}@${CONTRACTOR_DOMAIN}`;
    const capitals = kind === "console" && person.index === NOTABLE.capitals;
    return `${capitals ? capitalized(mailbox) : mailbox}@${DOMAIN}`;
  };

  return {
    kind,
    uuid: simulatedOrganizationId(organization, kind === "enterprise" ? "ENTERPRISE" : "CONSOLE"),
    id: ids("org_", seed, salt).of(0),
    name: kind === "enterprise" ? "Tern & Plover" : "Tern & Plover Engineering",
    has: (person) => (kind === "enterprise" ? person.kind !== "contractor" : person.console),
    userId,
    personIndex(userId) {
      const index = userIds.index(userId);
      return index === null || index >= members * 2 + 1000 ? null : index;
    },
    account(person, now) {
      const id = userId(person.index);
      if (person.kind === "system") return { id, email: null, name: "svc-workflow-runner", deleted: false };
      if (isErased(person, now)) return { id, email: null, name: "Deleted User", deleted: true };
      const deleted = dayNumberOf(now) >= person.left;
      return { id, email: email(person), name: naming(nameShift, person.index).name, deleted };
    },
    addedAt,
    isCurrent: (person, now) =>
      person.kind !== "system" && addedAt(person) <= now && dayNumberOf(now) < person.left,
    role: (person) => (kind === "enterprise" ? enterpriseRole(seed, person) : consoleRole(seed, person)),
  };
}

function capitalized(mailbox: string): string {
  return mailbox.replace(/(^|\.)\w/g, (letter) => letter.toUpperCase());
}

function enterpriseRole(seed: number, { index }: Person): string {
  if (index === 0) return "primary_owner";
  if (index <= 2) return "owner";
  const luck = hash(seed, STREAM + 5, index) % 1000;
  return luck < 10 ? "membership_admin" : luck < 16 ? "managed" : "user";
}

function consoleRole(seed: number, { index, engineer }: Person): string {
  if (index === 2) return "admin";
  const luck = hash(seed, STREAM + 6, index) % 1000;
  if (!engineer) return luck < 300 ? "billing" : "user";
  return luck < 15 ? "admin" : luck < 700 ? "claude_code_user" : "developer";
}

/** The Slack user id of a person; not a Claude id. */
export function slackUserId(seed: number, index: number): string {
  return `U0${letters(seed, STREAM + 100 + index, 9)}`;
}
