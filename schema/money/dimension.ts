import type { Dimension } from "../../src/domain/report.ts";

/** Dimensions that costs and tokens describe alike. */
export const SHARED_DIMENSIONS = {
  ORGANIZATION: {
    description:
      "Child of a parent organization (UNIFIED). Children with HIPAA readiness have no row; `notIncluded` of the answer says so.",
  },
  PRODUCT: { description: "Product surface." },
  MODEL: { description: "Model." },
  CONTEXT_WINDOW: { description: "Context-window price tier." },
  INFERENCE_GEO: { description: "Inference region." },
  SPEED: { description: "Fast or standard." },
  GROUP: {
    description:
      "RBAC group. People in several groups count fully in each, so rows can add up to more than `total`.",
  },
  ACTOR: {
    description:
      "Identity of any kind: person, service account, cloud identity, key (UNIFIED). Enterprise usage without an identity is one row. The Console hides some identities: their rows stay separate, since it is unknown which of them are one identity over several months or buckets. Each covers the days from its `from` until its `until`, and is among `top` only if those are the whole range.",
  },
  ACTOR_TYPE: { description: "Kind of identity (UNIFIED)." },
  AGENT: { description: "Managed agent (UNIFIED)." },
  DEPLOYMENT: { description: "Deployment of a managed agent (UNIFIED)." },
  ENVIRONMENT: { description: "Environment of managed sessions (UNIFIED)." },
  SESSION: { description: "Managed session (UNIFIED)." },
  USER_PROFILE: { description: "User profile (UNIFIED)." },
  SLACK_CHANNEL: { description: "Slack channel of Claude Tag usage." },
  CLAUDE_TAG_CATEGORY: { description: "Kind of Claude Tag usage." },
  CLAUDE_TAG_USER: { description: "Slack user behind Claude Tag usage; not together with GROUP." },
  WORKSPACE: { description: "Console workspace." },
  TEAM: {
    description:
      "Current team of the person: from the operator's list, otherwise from the RBAC groups. People without a team and usage without a person have a row each, so rows add up to `total` plus `overlap`. All people are read, in one run of pages as by USER; the older Enterprise reports take another run for usage without a person.",
  },
} as const satisfies { [D in Dimension]?: { readonly description: string } };
