import type { Instant } from "../../domain/day.ts";
import { Refusal, type Request } from "../endpoint.ts";
import type { Span } from "../ledger.ts";
import type { OrganizationKind } from "../organization/directory.ts";
import { spanOf, type Width, watermarkAt } from "../reports/question.ts";
import type { Split } from "../reports/totals.ts";
import { DIMENSIONS, type Dimension } from "./dimensions.ts";
import type { Child } from "./enrolment.ts";
import { FILTERS, MOST_DIMENSIONS } from "./parameters.ts";

/** One request to the unified reports, understood. Plain data, so that equal questions have equal text. */
export interface Question {
  readonly kind: OrganizationKind;
  readonly span: Span;
  /** Null: a row covers the whole span. */
  readonly width: Width | null;
  readonly dimensions: readonly Dimension[];
  readonly split: Split;
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** The export the answer is drawn from; null where the span lies wholly after it. */
  readonly watermark: Instant | null;
}

/** Understands a request. The reports of a parent organization are split by its `children`; the others have none. */
export function question({ query, now, key }: Request, children: readonly Child[]): Question {
  const kind = key === "enterprise" ? "enterprise" : "console";
  const width = (query.text("time_bucket_width") as Width | undefined) ?? null;
  const grouped = query.list("group_by[]");
  const dimensions = DIMENSIONS.filter((dimension) => grouped.includes(dimension));
  const split = { costType: grouped.includes("cost_type"), tokenType: grouped.includes("token_type") };
  const counted = grouped.filter((name) => name !== "cost_type" && name !== "token_type");
  if (counted.length > MOST_DIMENSIONS) {
    throw new Refusal(
      400,
      `group_by[]: takes at most ${MOST_DIMENSIONS} entries besides cost_type and token_type`,
    );
  }
  if (children.length === 0) {
    if (grouped.includes("organization_id")) throw forParents("group_by[]: organization_id");
    if (query.has("organization_ids[]")) throw forParents("organization_ids[]:");
  }
  refuseHipaa(children, kind, query.list("organization_ids[]"));
  if (grouped.includes("claude_tag_user_id")) {
    if (grouped.includes("rbac_group_id"))
      throw new Refusal(400, "group_by[]: claude_tag_user_id excludes rbac_group_id");
    if (query.has("rbac_group_ids[]")) {
      throw new Refusal(400, "rbac_group_ids[]: not together with group_by[]=claude_tag_user_id");
    }
  }
  if (query.flag("exclude_deleted_users") && !grouped.includes("actor")) {
    throw new Refusal(400, "exclude_deleted_users: needs group_by[]=actor");
  }
  const span = spanOf(query, now, width, true, "time_bucket_width");
  const watermark = watermarkAt(now);
  const sent = Object.keys(FILTERS).filter((name) => query.has(name));
  return {
    kind,
    span,
    width,
    dimensions,
    split,
    filters: Object.fromEntries(sent.map((name) => [name, query.list(name)])),
    watermark: span.from < watermark ? watermark : null,
  };
}

/** No code is known for these 400. */
function refuseHipaa(children: readonly Child[], kind: OrganizationKind, ids: readonly string[]): void {
  const hidden = children.filter(({ hipaa }) => hipaa);
  if (children.length > 0 && hidden.length === children.length)
    throw new Refusal(400, "Every child of this organization has HIPAA readiness");
  for (const { ledger } of hidden) {
    const { id, uuid } = ledger.organization.directories[kind];
    if (ids.some((each) => each === id || each === uuid))
      throw new Refusal(400, "organization_ids[]: names an organization with HIPAA readiness");
  }
}

function forParents(what: string): Refusal {
  return new Refusal(400, `${what} needs the key of a parent organization`, "parent_organization_required");
}
