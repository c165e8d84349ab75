import type { Instant } from "../../domain/day.ts";
import { timestamp } from "../calendar.ts";
import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import type { Directory } from "../organization/directory.ts";
import type { Person } from "../organization/people.ts";
import { organizationOf } from "./me.ts";

/** Current members, newest first; people who left vanish. */
export const users = ({ organization }: Ledger): Endpoint<Person> => ({
  path: "/v1/organizations/users",
  keys: ["enterprise", "admin", "oauth"],
  scope: "read:members",
  rateLimit: "lookups",
  parameters: { email: { type: "text" }, "roles[]": { type: "list" } },
  paging: { style: "id", limit: { default: 20, max: 1000 } },
  answer({ query, key, now }) {
    const directory = organization.directories[organizationOf(key)];
    const email = query.text("email");
    const roles = query.list("roles[]");
    const rows = organization.newestFirst(directory.kind).filter((person) => {
      if (!directory.isCurrent(person, now)) return false;
      if (roles.length > 0 && !roles.includes(directory.role(person))) return false;
      return email === undefined || sameMailbox(directory.account(person, now).email ?? "", email);
    });
    return {
      rows,
      render: (person) => wire(directory, person, now),
      id: ({ index }) => directory.userId(index),
    };
  },
});

export const user = ({ organization }: Ledger): Endpoint => ({
  path: "/v1/organizations/users/{user_id}",
  keys: ["enterprise", "admin", "oauth"],
  scope: "read:members",
  rateLimit: "lookups",
  parameters: {},
  paging: { style: "object" },
  answer({ path, key, now }) {
    const directory = organization.directories[organizationOf(key)];
    const index = directory.personIndex(path.user_id ?? "");
    const person =
      index === null || index >= organization.personCount ? undefined : organization.person(index);
    if (person === undefined || !directory.has(person) || !directory.isCurrent(person, now)) {
      throw new Refusal(404, `No such user: ${path.user_id}`);
    }
    return { body: wire(directory, person, now) };
  },
});

function wire(directory: Directory, person: Person, now: Instant) {
  const { id, email, name } = directory.account(person, now);
  return {
    id,
    added_at: timestamp(directory.addedAt(person)),
    email,
    name,
    role: directory.role(person),
    type: "user",
  };
}

/** True if two spellings reach the same person: case, spaces around and plus-tags do not count. */
export function sameMailbox(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(email: string): string {
  return email
    .trim()
    .toLowerCase()
    .replace(/\+[^@]*@/, "@");
}
