import { emailOf } from "../../src/analytics/join.ts";
import { nameOf, organizationsOf } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import { emailKey, type OrganizationKind } from "../../src/domain/organization.ts";
import type { Person, PersonOver } from "../../src/domain/person.ts";
import { membersByEmail } from "../../src/loaders/members.ts";
import { builder } from "../framework/builder.ts";
import { MEMBERS, memberListRequests } from "./member-lookup.ts";
import { SEEN, UserProfile } from "./user.ts";

const MatchedByEnum = builder.enumType("MatchedBy", {
  description: "How an identity was matched to a person.",
  values: {
    ID: { description: "It is the id of the row that led to the person." },
    EMAIL: { description: "Its address equals the person's, ignoring case." },
    ALIAS: { description: "The operator states that its address and the person's belong to one person." },
  },
});

interface IdentityShape {
  readonly organization: OrganizationKind;
  readonly userId: string;
  readonly matchedBy: "ID" | "EMAIL" | "ALIAS";
}

const Identity = builder.objectRef<IdentityShape>("Identity").implement({
  description: "One id of a person in one organization.",
  fields: (t) => ({
    organization: t.string({
      description: "Organization of the id, by the name that `organization` arguments take.",
      resolve: ({ organization }, _args, ctx) => nameOf(ctx, organization),
    }),
    userId: t.exposeString("userId", { description: "The id, `user_...`." }),
    matchedBy: t.expose("matchedBy", {
      type: MatchedByEnum,
      description: "How it was matched to this person.",
    }),
  }),
});

builder.interfaceField(UserProfile, "identities", (t) =>
  t.field({
    requires: SEEN,
    type: [Identity],
    nullable: true,
    description:
      "The person's ids in the organizations that this gateway has a key for. Null only beside an error.",
    sources: MEMBERS,
    requests: (_input, ctx) => organizationsOf(ctx).slice(1).map(memberListRequests),
    resolve: (person, _args, ctx) => identitiesOf(ctx, person),
  }),
);

async function identitiesOf(ctx: Context, person: Person | PersonOver): Promise<IdentityShape[]> {
  const own: IdentityShape = { organization: person.organization, userId: person.userId, matchedBy: "ID" };
  const { aliases } = ctx.orgDirectory;
  // Within one organization only the operator can know of two accounts of one human.
  const organizations = organizationsOf(ctx).filter(
    (organization) => organization !== person.organization || aliases.size > 0,
  );
  const email = organizations.length === 0 ? null : await emailOf(ctx, person);
  if (email === null) return [own];
  const matches = await Promise.all(
    organizations.map(async (organization): Promise<IdentityShape[]> => {
      const members = (await membersByEmail(ctx, { organization }).load(emailKey(email, aliases))) ?? [];
      return members.map((member) => ({
        organization,
        userId: member.userId,
        matchedBy: member.email.toLowerCase() === email.toLowerCase() ? "EMAIL" : "ALIAS",
      }));
    }),
  );
  const isOwn = ({ organization, userId }: IdentityShape) =>
    organization === own.organization && userId === own.userId;
  return [own, ...matches.flat().filter((match) => !isOwn(match))];
}
