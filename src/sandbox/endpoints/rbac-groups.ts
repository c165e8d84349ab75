import type { Instant } from "../../domain/day.ts";
import { dayNumberOf, MINUTE_MS, startOfNumber, timestamp } from "../calendar.ts";
import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { type Group, isDeleted } from "../organization/groups.ts";
import type { Person } from "../organization/people.ts";
import type { Organization } from "../organization.ts";

const FOR_GROUP_READERS = {
  keys: ["enterprise"],
  scope: "read:rbac_groups",
  rateLimit: "lookups",
  version: "optional",
  parameters: {},
} as const;

const PAGED = { style: "token", limit: { default: 20, max: 1000 } } as const;

/** A deleted group is left out after the page was cut, so pages can be short. */
export const rbacGroups = ({ organization }: Ledger): Endpoint<Group> => ({
  ...FOR_GROUP_READERS,
  path: "/v1/organizations/rbac_groups",
  paging: PAGED,
  answer: ({ now }) => ({
    rows: organization.groups.all,
    render: (group) => wire(group, now),
    dropped: (group) => isDeleted(group, now),
  }),
});

export const rbacGroup = ({ organization }: Ledger): Endpoint => ({
  ...FOR_GROUP_READERS,
  path: "/v1/organizations/rbac_groups/{rbac_group_id}",
  paging: { style: "object" },
  answer: ({ path, now }) => ({ body: wire(found(organization, path, now), now) }),
});

interface Member {
  readonly person: Person;
  readonly addedAt: Instant;
}

/** Oldest first. People who left the company are left out after the page was cut, so pages can be short. */
export const rbacGroupMembers = (ledger: Ledger): Endpoint<Member> => ({
  ...FOR_GROUP_READERS,
  path: "/v1/organizations/rbac_groups/{rbac_group_id}/members",
  paging: PAGED,
  answer({ path, now }) {
    const { organization } = ledger;
    const { enterprise } = organization.directories;
    const group = found(organization, path, now);
    const rows = ledger.answers.remember(
      ["rbac group members", group.id, now],
      () => membersOf(organization, group, now),
      ({ length }) => length,
    );
    return {
      rows,
      dropped: ({ person }) => !enterprise.isCurrent(person, now),
      render({ person, addedAt }) {
        const { id, email } = enterprise.account(person, now);
        return {
          user_id: id,
          created_at: timestamp(addedAt),
          email,
          rbac_group_id: group.id,
          type: "rbac_group_member",
        };
      },
    };
  },
});

function found(organization: Organization, path: Readonly<Record<string, string>>, now: Instant): Group {
  const group = organization.groups.find(path.rbac_group_id ?? "");
  if (group === undefined || isDeleted(group, now)) {
    throw new Refusal(404, `No such group: ${path.rbac_group_id}`);
  }
  return group;
}

function membersOf(organization: Organization, group: Group, now: Instant): readonly Member[] {
  const { enterprise } = organization.directories;
  const today = dayNumberOf(now);
  const members: Member[] = [];
  for (const person of organization.newestFirst("enterprise")) {
    const joinedAt = enterprise.addedAt(person);
    if (joinedAt > now) continue;
    for (const held of organization.groups.memberships(person)) {
      if (held.group !== group || today < held.from || today >= held.until) continue;
      members.push({ person, addedAt: Math.max(joinedAt, group.createdAt, startOfNumber(held.from)) });
    }
  }
  return members.sort((a, b) => a.addedAt - b.addedAt || a.person.index - b.person.index);
}

function wire(group: Group, now: Instant) {
  return {
    id: group.id,
    created_at: timestamp(group.createdAt),
    name: group.name,
    role_ids: hasReadableRoles(group, now) ? group.roleIds : null,
    source_type: group.source,
    type: "rbac_group",
    updated_at: timestamp(group.updatedAt),
  };
}

/** In any minute the roles of every seventh group cannot be read, in the next one those of the groups beside them. */
function hasReadableRoles({ index }: Group, now: Instant): boolean {
  return (index + Math.floor(now / MINUTE_MS)) % 7 !== 0;
}
