import { emailOf, memberOf, personByEmail, personById } from "../src/analytics/join.ts";
import { organizationsOf } from "../src/analytics/organizations.ts";
import type { Context } from "../src/context.ts";
import type { UserActivity } from "../src/domain/activity.ts";
import type { Dataset } from "../src/domain/dataset.ts";
import type { EngagementFilter as Filter } from "../src/domain/engagement.ts";
import { emailKey, nameOf, type OrganizationKind } from "../src/domain/organization.ts";
import type { Person } from "../src/domain/person.ts";
import type { DayRange } from "../src/domain/range.ts";
import { badInput, forbidden, GatewayError } from "../src/errors.ts";
import { membersByEmail } from "../src/loaders/members.ts";
import { consoleMembers, enterpriseMembers } from "../src/upstream/endpoints/members.ts";
import { USER_FILTERS, userActivity } from "../src/upstream/endpoints/users.ts";
import { type FieldWalks, walksOf } from "../src/upstream/plan.ts";
import { builder, dateTime, decodeGlobalId, nodeLoader } from "./builder.ts";
import { asks, refuseProbing } from "./demand.ts";
import { type EngagementArgs, engagement, engagementArgs, engagementWalks } from "./engagement.ts";
import { type FilterInput, filterOf, UserFilter } from "./engagement-filter.ts";
import { engagementOrder, type Order } from "./engagement-order.ts";
import { DateRange, type DateRangeInput, DEFAULT_PERIOD, resolveRange } from "./range.ts";
import { nodeWalks, walks } from "./walks.ts";

const MatchedByEnum = builder.enumType("MatchedBy", {
  description: "How an identity was found to belong to a person.",
  values: {
    ID: { description: "It is the id of the row that led to the person." },
    EMAIL: { description: "Its address equals the person's, letter case aside." },
    ALIAS: { description: "The operator says that its address and the person's are of one human." },
  },
});

const AccountStatusEnum = builder.enumType("AccountStatus", {
  description: "What is known of an account.",
  values: {
    ACTIVE: { description: "A current member of the organization." },
    DEPARTED: { description: "Has left; the address is kept." },
    DELETED: { description: "The account is erased; name and address are gone." },
    UNKNOWN: { description: "Not a current member, and no report says why." },
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
      description: "Whose id it is, by the name that `organization` arguments take.",
      resolve: ({ organization }) => nameOf(organization),
    }),
    userId: t.exposeString("userId", { description: "The id, `user_...`." }),
    matchedBy: t.expose("matchedBy", {
      type: MatchedByEnum,
      description: "Why it is taken to be this person's.",
    }),
  }),
});

/** The look-up of members, in the organization that is asked first. */
export function membersOf(ctx: Context): FieldWalks {
  return walksOfList(organizationsOf(ctx)[0] ?? "ENTERPRISE");
}

function walksOfList(organization: OrganizationKind): FieldWalks {
  return walksOf(organization === "ENTERPRISE" ? enterpriseMembers : consoleMembers, [{}]);
}

/** The look-up of someone by an id of the Console. */
export const walksOfConsoleMembers = walks(() => walksOfList("CONSOLE"));

/** The look-up of someone by address, or by an id of whichever organization. */
export const walksOfMembers = walks((_prospect, ctx) => membersOf(ctx));

/** Datasets whose rows name people by id only. */
export const NAMELESS: readonly Dataset[] = [
  "SKILL_ACTIVITY",
  "CONNECTOR_ACTIVITY",
  "PROJECT_ACTIVITY",
  "ARTIFACT_ACTIVITY",
];

/**
 * A person. Other files add what they know of one: activity, cost, usage, Claude Code. Fields that need a request of their own
 * are nullable, so that their failure leaves the rest of the row.
 */
export const User = builder.node(builder.objectRef<Person>("User"), {
  description:
    "A person, joined across the organizations by id and by email: letter case aside, and an alias for the address it stands for. Figures are about the range of the list the person was reached through, or the last 30 days, unless a field is given its own `range`.",
  id: { resolve: (person) => person.userId },
  extensions: { ...nodeWalks((_id, ctx) => membersOf(ctx)), ...asks("people", "own") },
  loadOne: nodeLoader("User", async (userId, ctx) => {
    const range = resolveRange({ period: DEFAULT_PERIOD }, ctx.now());
    if (!sees(ctx)) return ownPerson(ctx, range, userId, null);
    const person = await personById(ctx, userId, range);
    return person ?? notFound("id", ctx);
  }),
  fields: (t) => ({
    userId: t.exposeString("userId", { description: "The id upstream knows the person by, `user_...`." }),
    email: t.string({
      authScopes: { "identity:read": true, own: true, pseudonyms: true },
      nullable: true,
      description:
        "Address, as upstream spells it. Null for erased accounts and for people who have left and whose row shows none.",
      extensions: walks(({ source }, ctx) => (source && NAMELESS.includes(source) ? membersOf(ctx) : [])),
      resolve: (person, _args, ctx) => emailOf(ctx, person),
    }),
    name: t.string({
      authScopes: { "identity:read": true, own: true, pseudonyms: true },
      nullable: true,
      description: "Full name. Null where never set and for people who have left, unless the row shows it.",
      extensions: walksOfMembers,
      resolve: async (person, _args, ctx) => (await memberOf(ctx, person))?.name ?? person.name ?? null,
    }),
    status: t.field({
      authScopes: { "identity:read": true, own: true },
      type: AccountStatusEnum,
      nullable: true,
      description:
        "Whether the account is current, by the member list and by what the row says. Null only beside an error.",
      extensions: walksOfMembers,
      resolve: async (person, _args, ctx) =>
        (await memberOf(ctx, person)) === null ? statusOfFormer(person) : "ACTIVE",
    }),
    role: t.string({
      authScopes: { "identity:read": true, own: true },
      nullable: true,
      description:
        "Role in the organization, such as `user` or `admin`; new roles may appear. Null for people who have left.",
      extensions: walksOfMembers,
      resolve: async (person, _args, ctx) => (await memberOf(ctx, person))?.role ?? null,
    }),
    joinedAt: t.field({
      authScopes: { "identity:read": true, own: true },
      type: "DateTime",
      nullable: true,
      description: "When the person joined the organization. Null for people who have left.",
      extensions: walksOfMembers,
      resolve: async (person, _args, ctx) => dateTime((await memberOf(ctx, person))?.addedAt ?? null),
    }),
    identities: t.field({
      authScopes: { "identity:read": true, own: true, pseudonyms: true },
      type: [Identity],
      nullable: true,
      description:
        "The person's ids in the organizations this gateway has a key of. Null only beside an error.",
      extensions: walks((_prospect, ctx) => organizationsOf(ctx).slice(1).map(walksOfList)),
      resolve: (person, _args, ctx) => identitiesOf(ctx, person),
    }),
  }),
});

/** Rows that stand for several people are not among them. */
function personOf(activity: UserActivity, range: DayRange, filter: Filter): Person | null {
  const { userId, email, formerEmail } = activity;
  const isPart = filter.groups !== undefined || filter.projects !== undefined;
  const part = isPart ? { part: filter } : {};
  return userId === null
    ? null
    : { organization: "ENTERPRISE", userId, email, formerEmail, range, activity, ...part };
}

function statusOfFormer({ deleted, email }: Person): AccountStatus {
  if (!deleted) return "UNKNOWN";
  return email === null ? "DELETED" : "DEPARTED";
}

async function identitiesOf(ctx: Context, person: Person): Promise<IdentityShape[]> {
  const own: IdentityShape = { organization: person.organization, userId: person.userId, matchedBy: "ID" };
  const email = await emailOf(ctx, person);
  if (email === null) return [own];
  const { aliases } = ctx.roster;
  // Within one organization only the operator can know of two accounts of one human.
  const organizations = organizationsOf(ctx).filter(
    (organization) => organization !== person.organization || aliases.size > 0,
  );
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

/** The `range` argument of a field of a person. */
export const personRange = builder.args((t) => ({
  range: t.field({
    type: DateRange,
    description: "The days it is about; by default those of the list the person was reached through.",
  }),
}));

/** The days a field of a person is about. */
export function rangeOf({ range }: Person, own: DateRangeInput | null | undefined, ctx: Context): DayRange {
  return own ? resolveRange(own, ctx.now()) : range;
}

const UserOrder = engagementOrder<Person>(
  "User",
  { field: "EMAIL", description: "By email; of people seen by pseudonym, by that." },
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

interface UserArgs extends Omit<EngagementArgs<Person>, "filter" | "order"> {
  readonly filter?: FilterInput | null | undefined;
  readonly orderBy?: typeof UserOrder.input.$inferInput | null | undefined;
}

function stated(args: UserArgs, ctx: Context): EngagementArgs<Person> {
  const filter = filterOf(ctx, "users", USER_FILTERS, args.filter);
  const order = UserOrder.orderOf(args.orderBy, ctx);
  const isByEmail = order === undefined || order.measure === null;
  return { ...args, filter, order: isByEmail && ctx.viewer.identity !== "full" ? BY_PSEUDONYM : order };
}

/** Where somebody stands among addresses is as good as the address. */
const BY_PSEUDONYM: Order<Person> = { field: "EMAIL", descending: false, measure: () => null };

const UserConnection = builder.connectionObject(
  { type: User, name: "UserConnection", description: "People." },
  { name: "UserEdge", description: "A person and their place in the list." },
);

builder.queryFields((t) => ({
  users: t.field({
    authScopes: { people: true },
    type: UserConnection,
    nullable: true,
    description:
      "People with activity in the range, by email unless ordered otherwise, one row each however long the range. Source: USER_ACTIVITY. Errors: BAD_USER_INPUT, NOT_COVERED, NOT_YET_AVAILABLE, CURSOR_INVALID, CURSOR_EXPIRED, UPSTREAM_*.",
    args: {
      filter: t.arg({ type: UserFilter, description: "Whose activity to list." }),
      orderBy: t.arg({
        type: UserOrder.input,
        description: "What comes first; by default the first by email.",
      }),
      ...engagementArgs,
    },
    extensions: walks<UserArgs>(({ args }, ctx) => engagementWalks(ctx, userActivity, stated(args, ctx))),
    resolve: (_root, args, ctx) =>
      engagement(ctx, userActivity, "users", stated(args, ctx), personOf, ({ userId }) => userId),
  }),
  user: t.field({
    authScopes: { people: true, own: true },
    type: User,
    nullable: true,
    description:
      "One current member, by `id` or by `email`; a caller who sees nobody else is given themselves without either. Sources: ENTERPRISE_MEMBERS, CONSOLE_MEMBERS. Errors: NOT_FOUND, BAD_USER_INPUT, UPSTREAM_*.",
    args: {
      id: t.arg.id({ description: "The person's `id` in this graph, or the bare `user_...`." }),
      email: t.arg.string({
        description: "The address, letter case aside, or an alias of it.",
        extensions: asks("identity:read", "own", "pseudonyms"),
      }),
      range: t.arg({
        type: DateRange,
        description: "The days the person's figures are about; the last 30 days by default.",
      }),
    },
    extensions: walksOfMembers,
    resolve: async (_root, { id, email, range: asked }, ctx) => {
      const range = resolveRange(asked ?? { period: DEFAULT_PERIOD }, ctx.now());
      const byId = id !== null && id !== undefined;
      const byEmail = email !== null && email !== undefined;
      if (byId && byEmail) throw badInput("Pass `id` or `email`, not both.");
      if (!sees(ctx)) return ownPerson(ctx, range, byId ? userIdOf(id) : null, email ?? null);
      if (!byId && !byEmail) throw badInput("Say which person: pass `id` or `email`.");
      if (byEmail) refuseProbing(ctx, email);
      const person = byId
        ? await personById(ctx, userIdOf(id), range)
        : await personByEmail(ctx, email ?? "", range);
      return person ?? notFound(byId ? "id" : "email", ctx);
    },
  }),
}));

/** Whether the viewer sees others than themselves. */
function sees({ viewer }: Context): boolean {
  return viewer.scopes.has("activity:read");
}

/** The viewer, by their verified address. Of anybody else nothing is said, not even whether they are there. */
async function ownPerson(
  ctx: Context,
  range: DayRange,
  userId: string | null,
  email: string | null,
): Promise<Person> {
  const { aliases } = ctx.roster;
  const own = ctx.viewer.email;
  if (own === null)
    throw new GatewayError(
      "FORBIDDEN",
      "What is yours is found by your address, and your token has none that its issuer says is verified (`email` with `email_verified: true`).",
      { scope: "activity:read" },
    );
  const isOther = email !== null && emailKey(email, aliases) !== emailKey(own, aliases);
  const person = isOther ? null : await personByEmail(ctx, own, range);
  if (person === null && userId === null && email === null)
    throw new GatewayError(
      "NOT_FOUND",
      "Your token has no verified address of a current member; ask the operator of the gateway for one with yours.",
    );
  if (person === null || (userId !== null && userId !== person.userId))
    throw forbidden("Anybody but yourself", ["activity:read"]);
  return person;
}

function userIdOf(id: string): string {
  if (id.startsWith("user_")) return id;
  const decoded = decodeGlobalId(id);
  if (decoded.typename !== "User") throw badInput(`This is the id of a ${decoded.typename}, not of a User.`);
  return decoded.id;
}
