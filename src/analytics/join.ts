import type { Context } from "../context.ts";
import type { UserActivityRow } from "../domain/activity.ts";
import { emailKey, type Member, type Organization, type OrganizationKind } from "../domain/organization.ts";
import type { Person, PersonOver } from "../domain/person.ts";
import { GatewayError } from "../errors.ts";
import { memberById, membersByEmail } from "../loaders/members.ts";
import { consoleOrganization, enterpriseOrganization } from "../upstream/endpoints/organization.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { organizationsOf } from "./organizations.ts";

/** Where an organization says who it is. */
export function organizationEndpoint(kind: OrganizationKind) {
  return kind === "CONSOLE" ? consoleOrganization : enterpriseOrganization;
}

/** Organization, as upstream describes it. */
export async function organizationOf({ upstream }: Context, kind: OrganizationKind): Promise<Organization> {
  const endpoint = organizationEndpoint(kind);
  const [organization] = (await collect(pagesOf(upstream, endpoint, [{}]))).rows;
  if (organization !== undefined) return organization;
  throw new GatewayError("NOT_FOUND", "The upstream returned no organization.", {
    dataset: endpoint.dataset,
  });
}

/** An organization by its name here, and by its id upstream. */
export interface ShownOrganization {
  readonly name: string;
  readonly organizationId: string;
}

/** Returns the names of each organization that has several. */
export function namesOfOne(shown: readonly ShownOrganization[]): readonly (readonly string[])[] {
  return [...Map.groupBy(shown, ({ organizationId }) => organizationId).values()]
    .filter((same) => same.length > 1)
    .map((same) => same.map(({ name }) => name));
}

/** The member with this address, or with one that stands for the same person, in whichever organization; null where neither has one. */
export async function personByEmail(ctx: Context, email: string): Promise<Person | null> {
  for (const organization of organizationsOf(ctx)) {
    const [member] =
      (await membersByEmail(ctx, { organization }).load(emailKey(email, ctx.orgDirectory.aliases))) ?? [];
    if (member !== undefined) return { organization, userId: member.userId };
  }
  return null;
}

/**
 * The person behind a Console id. The two organizations number the same human differently, so the way across is the email: that of
 * the member list, else of the row that names the id.
 */
export async function personByConsoleId(
  ctx: Context,
  { userId, email }: { readonly userId: string; readonly email?: string | null },
): Promise<Person> {
  const member = await memberById(ctx, { organization: "CONSOLE" }).load(userId);
  const address = member?.email ?? email ?? null;
  const person = address === null ? null : await personByEmail(ctx, address);
  return person ?? { organization: "CONSOLE", userId };
}

/** The current member with this id, in whichever organization; null where neither has one. */
export async function personById(ctx: Context, userId: string): Promise<Person | null> {
  for (const organization of organizationsOf(ctx)) {
    const member = await memberById(ctx, { organization }).load(userId);
    if (member === null) continue;
    return organization === "CONSOLE" ? personByConsoleId(ctx, { userId }) : { organization, userId };
  }
  return null;
}

/**
 * The address of a person, from the row of a list of people or from the member list; null where neither knows it. A promise only
 * where it is looked up: for a long list one per row takes time.
 */
export function emailOf(ctx: Context, person: Person | PersonOver): string | null | Promise<string | null> {
  const email = rowOf(person)?.email;
  return email === undefined ? memberOf(ctx, person).then((member) => member?.email ?? null) : email;
}

/** The address that figures of a person are joined by, which may be too old to be shown. */
export function joinEmailOf(
  ctx: Context,
  person: Person | PersonOver,
): string | null | Promise<string | null> {
  const row = rowOf(person);
  return row?.email === undefined && row?.formerEmail !== undefined ? row.formerEmail : emailOf(ctx, person);
}

function rowOf(person: Person | PersonOver): UserActivityRow | undefined {
  return "activity" in person ? person.activity : undefined;
}

/** The person's entry in the member list of the organization their id is of; null once they have left. */
export function memberOf(ctx: Context, { organization, userId }: Person): Promise<Member | null> {
  return memberById(ctx, { organization }).load(userId);
}
