import { memberOf, personByConsoleId, personByEmail } from "../../src/analytics/join.ts";
import type { Context } from "../../src/context.ts";
import type { ReportActor } from "../../src/domain/bucket.ts";
import type { CodeActor } from "../../src/domain/claude-code.ts";
import { isOfConsole } from "../../src/domain/dataset.ts";
import type { ApiKeyRow, OrganizationKind } from "../../src/domain/organization.ts";
import { apiKeyById } from "../../src/loaders/console.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { builder } from "../framework/builder.ts";
import { ApiKey, ofReportedKeys } from "../organization/api-key.ts";
import { memberLookup, ofConsoleMembers, ofMembers } from "./member-lookup.ts";
import { readableOrNull } from "./own-person.ts";
import { AccountStatusEnum, emailOfReported, nameOfReported, statusOfReported } from "./reported-person.ts";
import { User } from "./user.ts";

/** Claude Code knows people by email and keys by name; the reports know ids. */
type AnyActor = CodeActor | ReportActor;
type Kind<K extends AnyActor["kind"]> = Extract<AnyActor, { kind: K }> & {
  readonly organization: OrganizationKind;
};

/** Options of a field that looks a person up in the member list of the actor's organization. */
const ofActor = {
  ...ofMembers,
  requests: ({ source }, ctx) =>
    source !== "CLAUDE_CODE" && isOfConsole(source) ? ofConsoleMembers.requests() : memberLookup(ctx),
} as const satisfies FieldPlanOptions;

const UserActor = builder.objectRef<Kind<"user" | "person">>("UserActor").implement({
  description: "A person.",
  fields: (t) => ({
    email: t.string({
      requires: ["identity:read", "own", "namesOfTeam", "pseudonyms"],
      nullable: true,
      description: "Address, as the source spells it. Null: the source shows none.",
      resolve: (actor, _args, ctx) =>
        actor.kind === "user" ? actor.email : emailOfReported(ctx, actor.organization, actor.user),
    }),
    name: t.string({
      requires: ["identity:read", "own", "namesOfTeam", "pseudonyms"],
      nullable: true,
      description:
        "Name from the member list, otherwise from the report, also for people who have left. Null: neither has it.",
      ...ofActor,
      resolve: async (actor, _args, ctx) => {
        if (actor.kind !== "user") return nameOfReported(ctx, actor.organization, actor.user);
        const person = await personByEmail(ctx, actor.email);
        return person && ((await memberOf(ctx, person))?.name ?? null);
      },
    }),
    accountStatus: t.field({
      requires: ["identity:read", "own", "namesOfTeam"],
      type: AccountStatusEnum,
      nullable: true,
      description: "Status of the account, from the member list and the report. Null only beside an error.",
      ...ofActor,
      resolve: async (actor, _args, ctx) => {
        if (actor.kind !== "user") return statusOfReported(ctx, actor.organization, actor.user);
        return (await personByEmail(ctx, actor.email)) === null ? "UNKNOWN" : "ACTIVE";
      },
    }),
    user: t.field({
      type: User,
      nullable: true,
      description:
        "The person. Null: the source has only an address, and no organization has a member with it.",
      sources: ofMembers.sources,
      requests: ({ source }, ctx) => {
        if (source === "CLAUDE_CODE") return memberLookup(ctx);
        return isOfConsole(source) ? ofConsoleMembers.requests() : [];
      },
      resolve: (actor, _args, ctx) => {
        const { organization } = actor;
        if (actor.kind === "user") return readableOrNull(ctx, personByEmail(ctx, actor.email));
        if (organization === "CONSOLE") return personByConsoleId(ctx, actor.user);
        return { organization, userId: actor.user.userId };
      },
    }),
  }),
});

const ApiKeyActor = builder.objectRef<Kind<"apiKey" | "key">>("ApiKeyActor").implement({
  description: "An API key without a known identity behind it.",
  fields: (t) => ({
    name: t.string({
      requires: ["keys:read"],
      nullable: true,
      description:
        "Name of the key. Not unique: several keys can share one. Null: the key is not listed, as those of the Enterprise organization.",
      ...ofReportedKeys,
      resolve: async (actor, _args, ctx) =>
        actor.kind === "apiKey" ? actor.name : ((await listedKey(actor, ctx))?.name ?? null),
    }),
    apiKey: t.field({
      requires: ["keys:read"],
      type: ApiKey,
      nullable: true,
      description: "The key. Null: the source has only its name, or only its id.",
      ...ofReportedKeys,
      resolve: (actor, _args, ctx) => (actor.kind === "key" ? listedKey(actor, ctx) : null),
    }),
    apiKeyId: t.string({
      requires: ["keys:read"],
      nullable: true,
      description: "Upstream id of the key, `apikey_...`. Null: the source has only its name.",
      resolve: (actor) => (actor.kind === "key" ? actor.apiKeyId : null),
    }),
  }),
});

async function listedKey({ apiKeyId, organization }: Kind<"key">, ctx: Context): Promise<ApiKeyRow | null> {
  return organization === "CONSOLE" ? apiKeyById(ctx, {}).load(apiKeyId) : null;
}

const ServiceAccountActor = builder.objectRef<Kind<"serviceAccount">>("ServiceAccountActor").implement({
  description:
    "A service account, by id only: its name requires a credential that the gateway does not have.",
  fields: (t) => ({
    serviceAccountId: t.exposeString("serviceAccountId", {
      description: "Its upstream id, `svac_...`.",
    }),
  }),
});

const FederatedActor = builder.objectRef<Kind<"federated">>("FederatedActor").implement({
  description: "An identity of a cloud platform, without an id in Claude.",
  fields: (t) => ({
    provider: t.exposeString("provider", {
      description: "Provider that vouches for it: `aws`, `gcp`, `azure` or `oidc`; new providers may appear.",
    }),
    account: t.exposeString("account", {
      requires: ["identity:read"],
      nullable: true,
      description:
        "Account that the provider binds to the organization: AWS account, Google project number, Azure subscription or OIDC issuer.",
    }),
    subject: t.exposeString("subject", {
      requires: ["identity:read"],
      nullable: true,
      description: "The provider's own name for the identity, such as an ARN.",
    }),
  }),
});

const UnknownActor = builder.objectRef<Kind<"unknown">>("UnknownActor").implement({
  description: "An actor of a kind that this gateway does not know yet.",
  fields: (t) => ({
    type: t.exposeString("type", { description: "Upstream's name of the kind." }),
  }),
});

const TYPES = {
  user: UserActor,
  person: UserActor,
  apiKey: ApiKeyActor,
  key: ApiKeyActor,
  serviceAccount: ServiceAccountActor,
  federated: FederatedActor,
  unknown: UnknownActor,
} as const;

/** Who or what did something. */
export const Actor = builder.unionType("Actor", {
  description: "The identity that did something: a person, key or service. Kinds may be added.",
  types: [UserActor, ApiKeyActor, ServiceAccountActor, FederatedActor, UnknownActor],
  identifiedBy: [
    "__typename",
    "UserActor.email",
    "ApiKeyActor.name",
    "ServiceAccountActor.serviceAccountId",
    "FederatedActor.provider",
    "FederatedActor.account",
    "FederatedActor.subject",
  ],
  resolveType: ({ kind }) => TYPES[kind].name,
});
