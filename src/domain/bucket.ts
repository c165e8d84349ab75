import type { Instant } from "./day.ts";
import type { GroupSize } from "./group-size.ts";
import type { SpendAmounts } from "./money.ts";
import type { Pseudonyms } from "./pseudonym.ts";
import { type Placement, placementKey } from "./team.ts";
import type { TokenCounts } from "./tokens.ts";

/** The person behind a row of a report. All but the id is left out where it is no longer known; see `withoutNames`. */
export interface ReportUser {
  readonly userId: string;
  readonly email?: string | null;
  readonly name?: string | null;
  /** The account is gone or the person has left. */
  readonly deleted?: boolean;
  /** The address the figures came with, once that is too old to be shown: they are still joined by it. */
  readonly formerEmail?: string | null;
}

/** Whom or what usage is attributed to. */
export type ReportActor =
  | { readonly kind: "person"; readonly user: ReportUser }
  | { readonly kind: "serviceAccount"; readonly serviceAccountId: string }
  | {
      readonly kind: "federated";
      /** `aws`, `gcp`, `azure`, `oidc`; new providers may appear. */
      readonly provider: string;
      /** Account that the provider binds to the organization: an account, a project, a subscription, an issuer. */
      readonly account: string | null;
      readonly subject: string | null;
    }
  | { readonly kind: "key"; readonly apiKeyId: string }
  | { readonly kind: "unknown"; readonly type: string };

/** Who or what a row is about. Null: not requested, or requested and without a value; the query says which. */
export interface Dimensions {
  /** Child of a parent organization, by its UUID. */
  readonly organizationId: string | null;
  readonly product: string | null;
  readonly model: string | null;
  readonly contextWindow: string | null;
  readonly inferenceGeo: string | null;
  readonly speed: string | null;
  readonly serviceTier: string | null;
  readonly costType: string | null;
  readonly tokenType: string | null;
  readonly description: string | null;
  readonly groupId: string | null;
  readonly slackChannelId: string | null;
  readonly claudeTagCategory: string | null;
  /** A Slack user, not a Claude one. */
  readonly claudeTagUserId: string | null;
  readonly user: ReportUser | null;
  /** Where the people behind it belong, which the gateway finds out: upstream knows no teams. */
  readonly team: Placement | null;
  /** A Console member, by the id of the Console organization. */
  readonly accountId: string | null;
  readonly serviceAccountId: string | null;
  readonly workspaceId: string | null;
  readonly apiKeyId: string | null;
  readonly actor: ReportActor | null;
  readonly actorType: string | null;
  readonly agentId: string | null;
  readonly deploymentId: string | null;
  readonly environmentId: string | null;
  readonly sessionId: string | null;
  readonly userProfileId: string | null;
  /** Separates rows of identities that upstream does not name: each is another identity, though they read alike. */
  readonly hidden: number | null;
}

export const NO_DIMENSIONS: Dimensions = {
  organizationId: null,
  product: null,
  model: null,
  contextWindow: null,
  inferenceGeo: null,
  speed: null,
  serviceTier: null,
  costType: null,
  tokenType: null,
  description: null,
  groupId: null,
  slackChannelId: null,
  claudeTagCategory: null,
  claudeTagUserId: null,
  user: null,
  team: null,
  accountId: null,
  serviceAccountId: null,
  workspaceId: null,
  apiKeyId: null,
  actor: null,
  actorType: null,
  agentId: null,
  deploymentId: null,
  environmentId: null,
  sessionId: null,
  userProfileId: null,
  hidden: null,
};

/** A half-open span of time. */
export interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/** One group in one bucket of a report, with what was measured of it. */
export interface ReportRow<Measure> extends Dimensions, Span {
  readonly measure: Measure;
  /** Who is behind it, where it is put together of people and that decides whether it is shown. */
  readonly groupSize?: GroupSize | undefined;
}

export type CostRow = ReportRow<SpendAmounts>;
export type UsageRow = ReportRow<TokenCounts>;

/** Two rows are about the same thing when this is equal. */
export function dimensionKey(row: Dimensions): string {
  return JSON.stringify([
    row.product,
    row.model,
    row.contextWindow,
    row.inferenceGeo,
    row.speed,
    row.serviceTier,
    row.costType,
    row.tokenType,
    row.description,
    row.groupId,
    row.slackChannelId,
    row.claudeTagCategory,
    row.claudeTagUserId,
    row.user?.userId ?? null,
    row.team && placementKey(row.team),
    row.accountId,
    row.serviceAccountId,
    row.workspaceId,
    row.apiKeyId,
    row.actor === null ? null : actorKey(row.actor),
    row.actorType,
    row.agentId,
    row.deploymentId,
    row.environmentId,
    row.sessionId,
    row.userProfileId,
    row.hidden,
    // Last and only where there is one: cursors of other organizations stay valid.
    ...(row.organizationId == null ? [] : [row.organizationId]),
  ]);
}

/**
 * Returns the text that orders groups with equal figures: the team's name, else the values rows are split by. Names of people
 * can be missing.
 */
export function rowName(row: Dimensions): string {
  return (row.team?.kind === "team" ? row.team.team.name : "") + dimensionKey(row);
}

/** The row without what may not be shown of people any more. */
export function withoutNames<Row extends Dimensions>(row: Row): Row {
  const { user, actor } = row;
  return {
    ...row,
    user: user && withoutName(user),
    actor: actor?.kind === "person" ? { ...actor, user: withoutName(actor.user) } : actor,
  };
}

function withoutName({ email, name: _, ...user }: ReportUser): ReportUser {
  return email == null ? user : { ...user, formerEmail: email };
}

/** The row as it is seen by pseudonym. */
export function pseudonymous<Row extends Dimensions>(row: Row, pseudonyms: Pseudonyms): Row {
  const { user, actor, accountId, claudeTagUserId, userProfileId } = row;
  return {
    ...row,
    user: user && pseudonymousUser(user, pseudonyms),
    actor: actor && pseudonymousActor(actor, pseudonyms),
    accountId: accountId && pseudonyms.id(accountId, "user"),
    claudeTagUserId: claudeTagUserId && pseudonyms.id(claudeTagUserId, "slack"),
    userProfileId: userProfileId && pseudonyms.id(userProfileId, "profile"),
  };
}

/** Cloud identities are not shown to viewers who see pseudonyms, but rows and cursors are identified by them. */
export function pseudonymousActor(actor: ReportActor, pseudonyms: Pseudonyms): ReportActor {
  if (actor.kind === "person") return { ...actor, user: pseudonymousUser(actor.user, pseudonyms) };
  if (actor.kind !== "federated") return actor;
  const { account, subject } = actor;
  return {
    ...actor,
    account: account && pseudonyms.seal(account, "account"),
    subject: subject && pseudonyms.seal(subject, "subject"),
  };
}

function pseudonymousUser({ userId, ...user }: ReportUser, pseudonyms: Pseudonyms): ReportUser {
  const { email, formerEmail, name } = user;
  return {
    ...user,
    userId: pseudonyms.id(userId, "user"),
    ...(email && { email: pseudonyms.address(email) }),
    ...(formerEmail && { formerEmail: pseudonyms.address(formerEmail) }),
    ...(name && { name: pseudonyms.name(userId) }),
  };
}

/** True if the row names people by their ids alone. */
export function isUnnamed({ user, actor }: Dimensions): boolean {
  const person = actor?.kind === "person" ? actor.user : user;
  return person !== null && person.email === undefined;
}

/** Names and addresses change and differ between exports; the ids do not. */
export function actorKey(actor: ReportActor): readonly (string | null)[] {
  switch (actor.kind) {
    case "person":
      return [actor.kind, actor.user.userId];
    case "serviceAccount":
      return [actor.kind, actor.serviceAccountId];
    case "federated":
      return [actor.kind, actor.provider, actor.account, actor.subject];
    case "key":
      return [actor.kind, actor.apiKeyId];
    case "unknown":
      return [actor.kind, actor.type];
  }
}
