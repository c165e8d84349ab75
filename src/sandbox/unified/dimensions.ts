import type { Fact } from "../ledger/fact.ts";
import type { ManagedSession } from "../organization/sessions.ts";
import type { Organization } from "../organization.ts";
import type { Value } from "../reports/cells.ts";
import { groupIdsOf, VALUE } from "../reports/dimensions.ts";
import { actorKeyOf, actorTypeOf } from "./actor.ts";

/** Dimensions of both reports. The workspace is null for Enterprise usage; groups, Slack and Claude Tag are for the Console's. */
export const DIMENSIONS = [
  "actor",
  "actor_type",
  "agent_id",
  "api_key_id",
  "claude_tag_category",
  "claude_tag_user_id",
  "context_window",
  "deployment_id",
  "environment_id",
  "inference_geo",
  "model",
  "organization_id",
  "product",
  "rbac_group_id",
  "service_tier",
  "session_id",
  "slack_channel_id",
  "speed",
  "user_profile_id",
  "workspace_id",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A dimension in which a fact has exactly one value. */
export type SingleDimension = Exclude<Dimension, "rbac_group_id">;

/** The value of a fact in a dimension; an actor is given by its key, not yet as it is written. */
export function valueIn(organization: Organization, dimension: SingleDimension): (fact: Fact) => Value {
  const { workspaces } = organization.console;
  const managed = (read: (own: ManagedSession) => Value) => (fact: Fact) => {
    const number = fact.api?.session ?? null;
    return number === null ? null : read(organization[fact.organization].session(number));
  };
  switch (dimension) {
    case "actor":
      return (fact) => actorKeyOf(organization, fact);
    case "actor_type":
      return (fact) => actorTypeOf(actorKeyOf(organization, fact));
    case "api_key_id":
      return (fact) => idIn(organization[fact.organization].apiKeys, fact.api?.apiKey);
    case "workspace_id":
      return ({ api }) => idIn(workspaces, api?.workspace);
    case "service_tier":
      return ({ api }) => api?.tier ?? null;
    case "product":
      return ({ product }) => (product === "claude-tag" ? "claude_tag" : product);
    case "agent_id":
      return managed(({ agentId }) => agentId);
    case "deployment_id":
      return managed(({ deploymentId }) => deploymentId);
    case "environment_id":
      return managed(({ environmentId }) => environmentId);
    case "session_id":
      return managed(({ id }) => id);
    case "user_profile_id":
      return managed(({ userProfileId }) => userProfileId);
    case "organization_id":
      return ({ organization: kind }) => organization.directories[kind].uuid;
    default:
      return VALUE[dimension];
  }
}

const NO_GROUP: readonly null[] = [null];

/** The groups a fact counts in; the Console has none. */
export function groupsOf(organization: Organization, fact: Fact): readonly (string | null)[] {
  return fact.organization === "console" ? NO_GROUP : groupIdsOf(organization, fact);
}

function idIn(list: readonly { readonly id: string }[], index: number | null | undefined): string | null {
  return index === null || index === undefined ? null : (list[index]?.id ?? null);
}
