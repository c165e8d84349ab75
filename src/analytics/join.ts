import type { Context } from "../context.ts";
import { emailKey, type Member, type Organization, type OrganizationKind } from "../domain/organization.ts";
import type { Person } from "../domain/person.ts";
import type { DayRange } from "../domain/range.ts";
import { GatewayError } from "../errors.ts";
import { memberById, membersByEmail } from "../loaders/members.ts";
import { consoleOrganization, enterpriseOrganization } from "../upstream/endpoints/organization.ts";
import { walkOf, whole } from "../upstream/walk.ts";
import { organizationsOf } from "./organizations.ts";

/** Where an organization says who it is. */
export function organizationEndpoint(kind: OrganizationKind) {
  return kind === "CONSOLE" ? consoleOrganization : enterpriseOrganization;
}

/** What an organization says of itself. */
export async function organizationOf({ upstream }: Context, kind: OrganizationKind): Promise<Organization> {
  const endpoint = organizationEndpoint(kind);
  const [organization] = (await whole(walkOf(upstream, endpoint, [{}]))).rows;
  if (organization !== undefined) return organization;
  throw new GatewayError("NOT_FOUND", "The upstream named no organization.", { dataset: endpoint.dataset });
}

/** The member with this address, or with one that stands for the same person, in whichever organization; null where neither has one. */
export async function personByEmail(ctx: Context, email: string, range: DayRange): Promise<Person | null> {
  for (const organization of organizationsOf(ctx)) {
    const [member] =
      (await membersByEmail(ctx, { organization }).load(emailKey(email, ctx.roster.aliases))) ?? [];
    if (member !== undefined) return personOf(organization, member, range);
  }
  return null;
}

/**
 * The person behind a Console id. The two organizations number the same human differently, so the way across is the email;
 * someone who has left both stays what the row that led here says.
 */
export async function personByConsoleId(
  ctx: Context,
  row: Pick<Person, "userId" | "email" | "name" | "deleted">,
  range: DayRange,
): Promise<Person> {
  const member = await memberById(ctx, { organization: "CONSOLE" }).load(row.userId);
  const email = member?.email ?? row.email ?? null;
  const person = email === null ? null : await personByEmail(ctx, email, range);
  return (
    person ??
    (member === null ? { organization: "CONSOLE", ...row, range } : personOf("CONSOLE", member, range))
  );
}

/** The current member with this id, in whichever organization; null where neither has one. */
export async function personById(ctx: Context, userId: string, range: DayRange): Promise<Person | null> {
  for (const organization of organizationsOf(ctx)) {
    const member = await memberById(ctx, { organization }).load(userId);
    if (member === null) continue;
    return organization === "CONSOLE"
      ? personByConsoleId(ctx, { userId }, range)
      : personOf(organization, member, range);
  }
  return null;
}

/** The address of a person, from the row that led to them or from the member list; null where neither knows it. */
export async function emailOf(ctx: Context, person: Person): Promise<string | null> {
  if (person.email !== undefined) return person.email;
  return (await memberOf(ctx, person))?.email ?? null;
}

/** The address that figures of a person are joined by, which may be too old to be shown. */
export async function joinEmailOf(ctx: Context, person: Person): Promise<string | null> {
  const { formerEmail } = person;
  return person.email === undefined && formerEmail !== undefined ? formerEmail : emailOf(ctx, person);
}

/** The person's entry in the member list of the organization their id is of; null once they have left. */
export function memberOf(ctx: Context, { organization, userId }: Person): Promise<Member | null> {
  return memberById(ctx, { organization }).load(userId);
}

function personOf(organization: OrganizationKind, member: Member, range: DayRange): Person {
  return {
    organization,
    userId: member.userId,
    email: member.email,
    name: member.name,
    deleted: false,
    range,
  };
}
