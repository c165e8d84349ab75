import { emailOf, memberOf, personByEmail, personById } from "../../src/analytics/join.ts";
import { organizationsOf } from "../../src/analytics/organizations.ts";
import type { Context } from "../../src/context.ts";
import type { UserActivityRow } from "../../src/domain/activity.ts";
import type { ReportUser } from "../../src/domain/bucket.ts";
import type { Dataset } from "../../src/domain/dataset.ts";
import type { EngagementFilterValues as Filter } from "../../src/domain/engagement.ts";
import { emailKey, type OrganizationKind, organizationName } from "../../src/domain/organization.ts";
import { identityOf, type Person, type PersonOver } from "../../src/domain/person.ts";
import type { DayRange } from "../../src/domain/range.ts";
import { badInput, forbidden, GatewayError } from "../../src/errors.ts";
import { membersByEmail } from "../../src/loaders/members.ts";
import { partOfActivity } from "../../src/loaders/user-activity.ts";
import type { FieldPlanOptions } from "../../src/planning/plan.ts";
import { type RangeInput, resolveRange } from "../../src/planning/range-input.ts";
import { consoleMembers, enterpriseMembers } from "../../src/upstream/endpoints/members.ts";
import { userActivity } from "../../src/upstream/endpoints/users.ts";
import { type FieldRequests, requestsByKey, requestsFor } from "../../src/upstream/plan.ts";
import { type EngagementFilterInput, engagementFilterOf, UserFilter } from "../engagement/filter.ts";
import { type EngagementArgs, engagement, engagementArgs, engagementRequests } from "../engagement/list.ts";
import { builder, dateTime, nodeLoader } from "../framework/builder.ts";
import { figures } from "../framework/figures.ts";
import {
  countedBy,
  formatMeasuredId,
  identityIn,
  parseMeasuredId,
  rangeOfMeasured,
} from "../framework/measured-id.ts";
import { engagementOrder, type NodeOrder } from "../framework/order.ts";
import { refuseProbing } from "../framework/permission.ts";
import { ResolvedRange } from "../framework/range.ts";
import { isPerson, noPerson } from "../gateway/viewer.ts";
import { formatUserId, parseUserId } from "./user-id.ts";

const MatchedByEnum = builder.enumType("MatchedBy", {
  description: "How an identity was matched to a person.",
  values: {
    ID: { description: "It is the id of the row that led to the person." },
    EMAIL: { description: "Its address equals the person's, ignoring case." },
    ALIAS: { description: "The operator states that its address and the person's belong to one person." },
  },
});

export const AccountStatusEnum = builder.enumType("AccountStatus", {
  description: "Status of an account.",
  values: {
    ACTIVE: { description: "A current member of the organization." },
    DEPARTED: { description: "Has left; the address is kept." },
    DELETED: { description: "The account is erased; name and address are gone." },
    UNKNOWN: { description: "Not a current member, and no report states why." },
  },
});

type AccountStatus = "ACTIVE" | "DEPARTED" | "DELETED" | "UNKNOWN";

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
      resolve: ({ organization }) => organizationName(organization),
    }),
    userId: t.exposeString("userId", { description: "The id, `user_...`." }),
    matchedBy: t.expose("matchedBy", {
      type: MatchedByEnum,
      description: "How it was matched to this person.",
    }),
  }),
});

/** The look-up of members, in the organization that is asked first. */
export function memberLookup(ctx: Context): FieldRequests {
  return memberListRequests(organizationsOf(ctx)[0] ?? "ENTERPRISE");
}

function memberListRequests(organization: OrganizationKind): FieldRequests {
  return requestsFor(organization === "ENTERPRISE" ? enterpriseMembers : consoleMembers, [{}]);
}

const MEMBERS = ["ENTERPRISE_MEMBERS", "CONSOLE_MEMBERS"] as const satisfies readonly Dataset[];

/** Options of a field that looks someone up by an id of the Console. */
export const ofConsoleMembers = {
  sources: ["CONSOLE_MEMBERS"],
  requests: () => memberListRequests("CONSOLE"),
} as const satisfies FieldPlanOptions;

/** Options of a field that looks someone up by address, or by an id of either organization. */
export const ofMembers = {
  sources: MEMBERS,
  requests: (_input, ctx) => memberLookup(ctx),
} as const satisfies FieldPlanOptions;

const SEEN = { "identity:read": true, own: true, pseudonyms: true } as const;
const NAMED = { "identity:read": true, own: true } as const;

export const UserProfile = builder.interfaceRef<Person | PersonOver>("UserProfile").implement({
  description: "Properties of a person, independent of a range.",
  fields: (t) => ({
    userId: t.exposeString("userId", { description: "Upstream id of the person, `user_...`." }),
    email: t.string({
      authScopes: SEEN,
      nullable: true,
      description:
        "Address, as upstream spells it. For a `User` from the member list, so null for people who have left; for a row of `users` from the report, which has those too. Null for erased accounts.",
      sources: MEMBERS,
      requests: ({ type }, ctx) => (type === "UserSummary" ? [] : memberLookup(ctx)),
      resolve: (person, _args, ctx) => emailOf(ctx, person),
    }),
    name: t.string({
      authScopes: SEEN,
      nullable: true,
      description: "Full name from the member list. Null: never set, or the person has left.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => (await memberOf(ctx, person))?.name ?? null,
    }),
    status: t.field({
      authScopes: NAMED,
      type: AccountStatusEnum,
      nullable: true,
      description:
        "ACTIVE for people on the member list, otherwise UNKNOWN. What a report states of people who have left is in its rows (`accountStatus`). Null only beside an error.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => ((await memberOf(ctx, person)) === null ? "UNKNOWN" : "ACTIVE"),
    }),
    role: t.string({
      authScopes: NAMED,
      nullable: true,
      description:
        "Role in the organization, such as `user` or `admin`; new roles may appear. Null for people who have left.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => (await memberOf(ctx, person))?.role ?? null,
    }),
    joinedAt: t.field({
      authScopes: NAMED,
      type: "DateTime",
      nullable: true,
      description: "When the person joined the organization. Null for people who have left.",
      ...ofMembers,
      resolve: async (person, _args, ctx) => dateTime((await memberOf(ctx, person))?.addedAt ?? null),
    }),
    identities: t.field({
      authScopes: SEEN,
      type: [Identity],
      nullable: true,
      description:
        "The person's ids in the organizations that this gateway has a key for. Null only beside an error.",
      sources: MEMBERS,
      requests: (_input, ctx) => organizationsOf(ctx).slice(1).map(memberListRequests),
      resolve: (person, _args, ctx) => identitiesOf(ctx, person),
    }),
  }),
});

/**
 * A person. Other files add what they know of one: activity, cost, usage, Claude Code. Fields that need a request of their own
 * are nullable, so that their failure leaves the rest.
 */
export const User = builder.node(builder.objectRef<Person>("User"), {
  description:
    "A person, joined across the organizations by id and by email, ignoring case and with aliases resolved. The `id` is the same on every path; every figure takes a `range`.",
  interfaces: [UserProfile],
  id: { resolve: formatUserId },
  identifiedBy: ["userId", "email"],
  requires: ["people", "own"],
  loadOne: nodeLoader("User", async (id, ctx) => {
    const person = parseUserId(id);
    if (!sees(ctx)) return ownPerson(ctx, person.userId, null);
    // People who have left are on no list, so that nothing but its shape tells whether an id is one.
    if (/^user_./.test(person.userId)) return person;
    throw new GatewayError("NOT_FOUND", "This id identifies no person.");
  }),
});

/** A person in a list over a range. */
const UserSummary = builder.node(builder.objectRef<PersonOver>("UserSummary"), {
  description:
    "A person in a list over a range: the person and their figures over that range. The `id` identifies the person, the range, and the filter by groups or projects, which restricts only `activity`; `user` is the person alone.",
  sources: ["USER_ACTIVITY"],
  interfaces: [UserProfile],
  id: {
    resolve: (person, _args, ctx) =>
      formatMeasuredId(ctx, {
        own: formatUserId(person),
        range: person.range,
        terms: { filter: person.filter },
      }),
  },
  lookup: { requests: (id) => requestsByKey(userActivity, [rangeOfMeasured(id)]), range: rangeOfMeasured },
  requires: ["people"],
  loadOne: nodeLoader("UserSummary", async (id, ctx) => {
    const { own, range, terms } = await parseMeasuredId(ctx, id, ["filter"]);
    const person = parseUserId(own);
    const filter = engagementFilterOf(ctx, "users", userActivity, terms.filter);
    const [activity] = (await partOfActivity(ctx, { range, filter }).load(person.userId))?.rows ?? [];
    if (activity === undefined)
      throw new GatewayError(
        "NOT_FOUND",
        `No person with this id was active from ${range.from} until ${range.until}.`,
        { dataset: "USER_ACTIVITY" },
      );
    return { ...person, range, filter, activity };
  }),
  fields: (t) => ({
    user: t.field({ type: User, description: "The person.", resolve: identityOf }),
    range: t.expose("range", { type: ResolvedRange, description: "The days that the figures cover." }),
  }),
});

/** Figures of a person: of a `User` over a range that has to be given, of a row over that of its list. */
export function personFigures(fields: Parameters<typeof figures<Person, PersonOver>>[2]): void {
  figures(User, UserSummary, fields);
}

/** The person over the days that a figure is about. */
export function personOver(
  person: Person | PersonOver,
  range: RangeInput | undefined,
  ctx: Context,
  resolve = resolveRange,
): PersonOver {
  if (range !== undefined) return { ...identityOf(person), range: resolve(range, ctx.now()), filter: {} };
  if ("range" in person) return person;
  throw new Error("a figure of a person needs a range");
}

/** Rows that stand for several people are not among them. */
function personOf(activity: UserActivityRow, range: DayRange, filter: Filter): PersonOver | null {
  const { userId } = activity;
  return userId === null
    ? null
    : { organization: "ENTERPRISE", userId, range, filter: countedBy(filter, ["users"]), activity };
}

/** The address of a person whom a report names, as it shows it; where that is too old to be shown, the member list's. */
export async function emailOfReported(
  ctx: Context,
  organization: OrganizationKind,
  { userId, email }: ReportUser,
): Promise<string | null> {
  return email === undefined ? ((await memberOf(ctx, { organization, userId }))?.email ?? null) : email;
}

/** The name of a person whom a report names, by the member list, else as the report shows it. */
export async function nameOfReported(
  ctx: Context,
  organization: OrganizationKind,
  { userId, name }: ReportUser,
): Promise<string | null> {
  return (await memberOf(ctx, { organization, userId }))?.name ?? name ?? null;
}

/** Status of the account of a person in a report. */
export async function statusOfReported(
  ctx: Context,
  organization: OrganizationKind,
  { userId, email, deleted }: ReportUser,
): Promise<AccountStatus> {
  if ((await memberOf(ctx, { organization, userId })) !== null) return "ACTIVE";
  if (!deleted) return "UNKNOWN";
  return email === null ? "DELETED" : "DEPARTED";
}

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

/** Whoever may ask for cost is told where to find those who have left. */
function notFound(by: "id" | "email", { viewer }: Context): never {
  const elsewhere = "; people who have left are listed by `cost(groupBy: [USER])`";
  throw new GatewayError(
    "NOT_FOUND",
    `No current member has this ${by}${viewer.scopes.has("spend:read") ? elsewhere : ""}.`,
  );
}

const UserOrder = engagementOrder<PersonOver>(
  "User",
  { field: "EMAIL", description: "By email, or by pseudonym for callers who see pseudonyms." },
  {
    CHAT_MESSAGES: {
      description: "Messages sent in chat.",
      of: ({ activity }) => activity?.chat.messages ?? null,
    },
    COWORK_MESSAGES: {
      description: "Messages sent in Cowork.",
      of: ({ activity }) => activity?.cowork.messages ?? null,
    },
    CODE_SESSIONS: {
      description: "Sessions of Claude Code.",
      of: ({ activity }) => activity?.claudeCode.sessions ?? null,
    },
    COMMITS: {
      description: "Commits made with Claude Code.",
      of: ({ activity }) => activity?.claudeCode.commits ?? null,
    },
    PULL_REQUESTS: {
      description: "Pull requests made with Claude Code.",
      of: ({ activity }) => activity?.claudeCode.pullRequests ?? null,
    },
    LINES_ADDED: {
      description: "Lines added with Claude Code.",
      of: ({ activity }) => activity?.claudeCode.linesAdded ?? null,
    },
    WEB_SEARCHES: { description: "Web searches.", of: ({ activity }) => activity?.webSearches ?? null },
  },
);

interface UserArgs extends Omit<EngagementArgs<PersonOver>, "filter" | "order"> {
  readonly filter?: EngagementFilterInput | null | undefined;
  readonly orderBy?: typeof UserOrder.input.$inferInput | null | undefined;
}

function stated(args: UserArgs, ctx: Context): EngagementArgs<PersonOver> {
  const filter = engagementFilterOf(ctx, "users", userActivity, args.filter);
  const order = UserOrder.orderOf(args.orderBy, ctx);
  const isByEmail = order === undefined || order.measure === null;
  return { ...args, filter, order: isByEmail && ctx.viewer.identity !== "full" ? BY_PSEUDONYM : order };
}

/** Where somebody stands among addresses is as good as the address. */
const BY_PSEUDONYM: NodeOrder<PersonOver> = { field: "EMAIL", descending: false, measure: () => null };

const UserSummaryConnection = builder.connectionObject(
  {
    type: UserSummary,
    name: "UserSummaryConnection",
    description: "People, with their figures over a range.",
  },
  { name: "UserSummaryEdge", description: "A person and its cursor." },
);

builder.queryFields((t) => ({
  users: t.field({
    authScopes: { people: true },
    type: UserSummaryConnection,
    nullable: true,
    description:
      "People with activity in the range, by email by default, one row per person for any range. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_INVALID, CURSOR_EXPIRED, UPSTREAM_*.",
    sources: ["USER_ACTIVITY"],
    args: {
      filter: t.arg({ type: UserFilter, description: "Activity to include." }),
      orderBy: t.arg({
        type: UserOrder.input,
        description: "Sort order; by default by email.",
      }),
      ...engagementArgs,
    },
    requests: ({ args }, ctx) => engagementRequests(ctx, userActivity, stated(args, ctx)),
    resolve: (_root, args, ctx) =>
      engagement(ctx, userActivity, "users", stated(args, ctx), personOf, ({ userId }) => userId),
  }),
  user: t.field({
    authScopes: { people: true, own: true },
    type: User,
    nullable: true,
    description:
      "One current member, by `id` or by `email`; without both, the caller, found by the verified address of their token. Errors: NOT_FOUND, BAD_USER_INPUT, UPSTREAM_*.",
    args: {
      id: t.arg.id({ description: "The person's `id` in this graph, or the bare `user_...`." }),
      email: t.arg.string({
        description: "The address, ignoring case, or an alias of it.",
        requires: ["identity:read", "own", "pseudonyms"],
      }),
    },
    ...ofMembers,
    resolve: async (_root, { id, email }, ctx) => {
      const byId = id !== null && id !== undefined;
      const byEmail = email !== null && email !== undefined;
      if (byId && byEmail) throw badInput("Pass `id` or `email`, not both.");
      const isOwn = !byId && !byEmail && isPerson(ctx);
      if (!sees(ctx) || isOwn) return ownPerson(ctx, byId ? userIdOf(id, ctx) : null, email ?? null);
      if (!byId && !byEmail) throw noPerson(ctx);
      if (byEmail) refuseProbing(ctx, email);
      const person = byId ? await personById(ctx, userIdOf(id, ctx)) : await personByEmail(ctx, email ?? "");
      return person ?? notFound(byId ? "id" : "email", ctx);
    },
  }),
}));

/** True if the viewer sees others than themselves. */
function sees({ viewer }: Context): boolean {
  return viewer.scopes.has("activity:read");
}

/** The viewer, by their verified address. Of anybody else nothing is said, not even whether they are there. */
async function ownPerson(ctx: Context, userId: string | null, email: string | null): Promise<Person> {
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

function userIdOf(id: string, ctx: Context): string {
  return id.startsWith("user_") ? id : parseUserId(identityIn(id, "User", ctx)).userId;
}
