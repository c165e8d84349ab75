import type { Instant } from "../../domain/day.ts";
import { type Endpoint, Refusal } from "../endpoint.ts";
import type { Ledger } from "../ledger.ts";
import { thousandthsText } from "../limits/billing.ts";
import { PERIODS } from "../limits/periods.ts";
import { type EffectiveLimit, effectiveLimits, LIMITED, type SpendOptions } from "../limits/spend-limits.ts";
import type { Person } from "../organization/people.ts";
import type { Organization } from "../organization.ts";
import { ids } from "../random.ts";

/** Common parts of the spend-limit endpoints. */
export const FOR_LIMIT_READERS = {
  keys: ["enterprise"],
  scope: "read:spend_limits",
  rateLimit: "spendLimits",
} as const;

export const BOUND_PAGES = {
  style: "token",
  limit: { default: 20, max: 1000 },
  bindsVersion: true,
} as const;

/** A member's rows stand together on a page, so that a page is cut by member; newest member first. */
export const effectiveSpendLimits = (ledger: Ledger, options: SpendOptions): Endpoint<Person> => ({
  ...FOR_LIMIT_READERS,
  path: "/v1/organizations/spend_limits/effective",
  parameters: {
    "period[]": { type: "list", values: PERIODS },
    "user_ids[]": { type: "list", maxItems: 100 },
  },
  paging: BOUND_PAGES,
  answer({ query, now }) {
    refuseWithoutCredits(options);
    const { organization } = ledger;
    const { enterprise } = organization.directories;
    const periods = query.list("period[]");
    const wanted = query.has("user_ids[]")
      ? peopleNamed(query.list("user_ids[]"), organization, "user_ids[]")
      : null;
    const rows = organization
      .newestFirst("enterprise")
      .filter((person) => enterprise.isCurrent(person, now) && (wanted?.has(person.index) ?? true));
    return {
      rows,
      render: (person) =>
        effectiveLimits(ledger, person, now, options)
          .filter(({ period }) => periods.length === 0 || periods.includes(period))
          .map((row) => wireSummary(organization, person, row, now, options)),
    };
  },
});

export function refuseWithoutCredits({ credits }: SpendOptions): void {
  if (credits === "off") throw new Refusal(400, "Usage credits are not enabled for this organization");
}

/** The indices of the people behind ids; unknown ones are dropped, and a malformed one is refused. */
export function peopleNamed(
  userIds: readonly string[],
  { directories }: Organization,
  parameter: string,
): ReadonlySet<number> {
  const malformed = userIds.find((id) => !/^user_\w+$/.test(id));
  if (malformed !== undefined)
    throw new Refusal(400, `${parameter}: ${JSON.stringify(malformed)} is not the id of a user`);
  return new Set(userIds.flatMap((id) => directories.enterprise.personIndex(id) ?? []));
}

export function wireSummary(
  organization: Organization,
  person: Person,
  { period, amount, source, limitId, reading }: EffectiveLimit,
  now: Instant,
  options: SpendOptions,
) {
  const { currency = "USD", novelties } = options;
  const isNovel = novelties === "on" && person.index === LIMITED.novelActor;
  return {
    scope: { type: "user", user_id: organization.directories.enterprise.userId(person.index) },
    actor: isNovel ? scopedKey(organization) : wireMember(organization, person, now),
    amount: amount === null ? null : String(amount),
    currency,
    period,
    source,
    spend_limit_id: limitId,
    period_to_date_spend: thousandthsText(reading),
  };
}

/** A member as these endpoints show one: without name and address where the account is deleted or cannot be read. */
export function wireMember({ directories }: Organization, person: Person, now: Instant) {
  const { id, email, name, deleted } = directories.enterprise.account(person, now);
  const isDeleted = deleted || person.index === LIMITED.deleted;
  const isKnown = !isDeleted && person.index !== LIMITED.unavailable;
  return {
    type: "user_actor",
    user_id: id,
    name: isKnown && person.index !== LIMITED.nameless ? name : null,
    email_address: isKnown ? email : null,
    deleted: isDeleted,
  };
}

const STREAM = 67;

/** The scoped key of a program that decides requests. */
export function scopedKey({ seed }: Organization) {
  return { type: "scoped_api_key_actor", scoped_api_key_id: ids("apikey_", seed, STREAM).of(0) };
}
