import { emailOf, personByEmail, personById } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import { dayOf } from "../../src/domain/day.ts";
import { emailKey } from "../../src/domain/organization.ts";
import { identityOf, type Person } from "../../src/domain/person.ts";
import { oneDay } from "../../src/domain/range.ts";
import { spansAll } from "../../src/domain/team.ts";
import { forbidden, GatewayError, outsideOfTeams } from "../../src/errors.ts";
import { ledTeams, teamsNow } from "../../src/loaders/teams.ts";

/** True if the viewer may read other people. */
export function mayReadOthers({ viewer }: Context): boolean {
  return viewer.scopes.has("activity:read");
}

/**
 * Returns the person as a team lead may read them: themselves, or a current member of their teams, on the days in these. All other people
 * are FORBIDDEN alike, whether they exist or not.
 */
async function personOfTeams(ctx: Context, person: Person | null): Promise<Person> {
  const [led, teams] = await Promise.all([ledTeams(ctx), teamsNow(ctx)]);
  const email = person === null ? null : await emailOf(ctx, person);
  if (led !== null && person !== null && email !== null) {
    const { viewer, orgDirectory } = ctx;
    const isOwn =
      viewer.identity === "full" &&
      viewer.email !== null &&
      emailKey(viewer.email, orgDirectory.aliases) === emailKey(email, orgDirectory.aliases);
    if (isOwn) return { ...identityOf(person), readableOn: [{ from: null, until: null }] };
    const userId = person.organization === "ENTERPRISE" ? person.userId : null;
    const readableOn = teams.spansIn({ userId, email }, led);
    const today = oneDay(dayOf(ctx.now()));
    if (readableOn.some((span) => spansAll(span, today))) return { ...identityOf(person), readableOn };
  }
  throw outsideOfTeams("This person", "activity:read");
}

/** Returns a person that a field leads to, as the viewer may read them; see `personOfTeams`. */
export function asReadable(ctx: Context, person: Person): Person | Promise<Person> {
  return ctx.viewer.role === "LEAD" ? personOfTeams(ctx, person) : person;
}

/** As `asReadable`, of a person who is looked up; null: not found. */
export async function readableOrNull(ctx: Context, found: Promise<Person | null>): Promise<Person | null> {
  const person = await found;
  return person && asReadable(ctx, person);
}

/** The person by an id or an address, for a viewer who may not read all of them. */
export async function readablePerson(
  ctx: Context,
  by: { readonly userId: string } | { readonly email: string },
): Promise<Person> {
  const userId = "userId" in by ? by.userId : null;
  const email = "email" in by ? by.email : null;
  if (ctx.viewer.role !== "LEAD") return ownPerson(ctx, userId, email);
  return personOfTeams(
    ctx,
    email === null ? await personById(ctx, userId ?? "") : await personByEmail(ctx, email),
  );
}

/** The viewer, found by their verified address. Other people are FORBIDDEN alike, whether they exist or not. */
export async function ownPerson(ctx: Context, userId: string | null, email: string | null): Promise<Person> {
  const { aliases } = ctx.orgDirectory;
  const own = ctx.viewer.email;
  if (own === null)
    throw new GatewayError(
      "FORBIDDEN",
      "Your own figures are found by your address, and your token has no address that its issuer verified (`email` with `email_verified: true`).",
      { scope: "activity:read" },
    );
  const isOther = email !== null && emailKey(email, aliases) !== emailKey(own, aliases);
  const person = isOther ? null : await personByEmail(ctx, own);
  if (person === null && userId === null && email === null)
    throw new GatewayError(
      "NOT_FOUND",
      "Your token has no verified address of a current member; ask the operator of the gateway for a token with your address.",
    );
  if (person === null || (userId !== null && userId !== person.userId))
    throw forbidden("Reading other people", ["activity:read"]);
  return person;
}
