import type { Instant } from "../../domain/day.ts";
import type { Fact } from "../ledger/fact.ts";
import type { OrganizationKind } from "../organization/directory.ts";
import type { Organization } from "../organization.ts";
import type { Value } from "../reports/cells.ts";

export const ACTOR_TYPES = ["api_actor", "federated_actor", "service_account_actor", "user_actor"] as const;
type ActorType = (typeof ACTOR_TYPES)[number];

/**
 * One identity as a value to group by: its kind, and its index among those of the kind. Hidden identities are distinct here,
 * although each of them reads null.
 */
type ActorKey = `${ActorType | "hidden"} ${number}`;

/** The identity of a fact: the person, the service account, the federated identity, the key, in this order; null for none. */
export function actorKeyOf(
  { console: { identities } }: Organization,
  { person, api }: Fact,
): ActorKey | null {
  if (person !== null) return `user_actor ${person}`;
  if (api === null) return null;
  const { serviceAccount, identity, apiKey } = api;
  if (serviceAccount !== null) return `service_account_actor ${serviceAccount}`;
  if (identity !== null) {
    return identities[identity]?.kind === "hidden" ? `hidden ${identity}` : `federated_actor ${identity}`;
  }
  return apiKey === null ? null : `api_actor ${apiKey}`;
}

/** Null without an identity and for hidden identities. */
export function actorTypeOf(key: Value): ActorType | null {
  const [kind] = String(key).split(" ");
  return ACTOR_TYPES.find((type) => type === kind) ?? null;
}

/** The actor as the report shows it now, whatever the range. */
export function wireActor(organization: Organization, kind: OrganizationKind, key: Value, now: Instant) {
  const type = actorTypeOf(key);
  const index = indexOf(key);
  const { serviceAccounts, identities } = organization.console;
  switch (type) {
    case "user_actor": {
      const { id, email, name, deleted } = accountOf(organization, kind, index, now);
      return { deleted, email_address: email, name, type, user_id: id };
    }
    case "service_account_actor":
      return { service_account_id: serviceAccounts[index]?.id, type };
    case "federated_actor": {
      const identity = identities[index];
      return identity?.kind === "federated"
        ? { provider: identity.provider, subject: identity.subject, type }
        : null;
    }
    case "api_actor":
      return { api_key_id: organization[kind].apiKeys[index]?.id, type };
    case null:
      return null;
  }
}

export function isDeleted(organization: Organization, kind: OrganizationKind, key: Value, now: Instant) {
  return actorTypeOf(key) === "user_actor" && accountOf(organization, kind, indexOf(key), now).deleted;
}

/** The identities that `actor_ids[]` names; unknown ids are none. Federated and hidden ones have no id. */
export function actorKeysOf(
  organization: Organization,
  kind: OrganizationKind,
  ids: readonly string[],
): ReadonlySet<Value> {
  const { serviceAccounts } = organization.console;
  const { apiKeys } = organization[kind];
  const keys = ids.map((id): ActorKey | null => {
    const person = organization.directories[kind].personIndex(id);
    if (person !== null) return `user_actor ${person}`;
    const account = serviceAccounts.findIndex((each) => each.id === id);
    if (kind === "console" && account >= 0) return `service_account_actor ${account}`;
    const apiKey = apiKeys.findIndex((each) => each.id === id);
    return apiKey < 0 ? null : `api_actor ${apiKey}`;
  });
  return new Set(keys.filter((key) => key !== null));
}

/** The people among `keys`, where there are only people. */
export function peopleOf(keys: Iterable<Value>): readonly number[] | undefined {
  const all = [...keys];
  return all.every((key) => actorTypeOf(key) === "user_actor") ? all.map(indexOf) : undefined;
}

function accountOf(organization: Organization, kind: OrganizationKind, person: number, now: Instant) {
  return organization.directories[kind].account(organization.person(person), now);
}

function indexOf(key: Value): number {
  return Number(String(key).split(" ")[1]);
}
