import type { Context } from "../context.ts";
import { isOrganizationId, type NamedOrganization, type OrganizationKind } from "../domain/organization.ts";
import type { Filter, ReportQuestion } from "../domain/report.ts";
import { badInput, GatewayError } from "../errors.ts";
import { listOfNames, nameOf } from "./organizations.ts";
import type { ReportPlan } from "./report/plan.ts";
import type { Source } from "./report/report.ts";

/** Usage that the newer reports of a parent organization can lack. */
export const LEFT_OUT_OF_PARENT =
  "Upstream leaves out children with HIPAA readiness and does not name them. Their cost and usage are in their own older reports.";

type Terms = Pick<ReportQuestion, "groupBy" | "filter" | "any">;

/**
 * Returns the terms of a question with the ids of child organizations in place of their names. Throws BAD_USER_INPUT where the organization
 * is not a parent or a name is not one of its children, and FORBIDDEN where a caller who is limited to organizations would see others.
 */
export function withChildIds<Question extends Terms>(
  ctx: Context,
  kind: OrganizationKind,
  question: Question,
): Question {
  const { groupBy, filter, any = [] } = question;
  const isByChild = [filter, ...any].some((each) => each.ORGANIZATION !== undefined);
  if (!isByChild && !groupBy.includes("ORGANIZATION")) return question;
  const parent = ownOrganization(ctx, kind);
  if (parent?.isParent !== true) throw notParent(ctx, kind);
  if (ctx.viewer.organizations !== null && filter.ORGANIZATION === undefined)
    throw new GatewayError(
      "FORBIDDEN",
      `You may read some organizations only; name those of the children of \`${parent.name}\` that the answer is about in \`filter: { organizations: [...] }\`.`,
    );
  const idsIn = (each: Filter): Filter => {
    const names = each.ORGANIZATION;
    if (names === undefined) return each;
    return { ...each, ORGANIZATION: [...new Set(names.map((name) => childId(ctx, parent, name)))].sort() };
  };
  return { ...question, filter: idsIn(filter), ...(question.any && { any: question.any.map(idsIn) }) };
}

/** Returns the name of a child that the viewer may read; its id where the operator states no name for it. */
export function childName({ organizations: { readable } }: Context, organizationId: string): string {
  return readable.find(({ id }) => id === organizationId)?.name ?? organizationId;
}

/** Returns what the figures of a plan can lack; null: nothing is known to be missing. Upstream refuses such a child where it is named. */
export function leftOutOf<Measure>({ source, question }: ReportPlan<Measure>): string | null {
  return source.isOfChildren === true && question.filter.ORGANIZATION === undefined
    ? LEFT_OUT_OF_PARENT
    : null;
}

/** Returns what figures of an organization by one of its sources can lack; see `leftOutOf`. */
export function leftOutBy(
  ctx: Context,
  { organization, source }: { readonly organization: OrganizationKind; readonly source: Source },
): string | null {
  return source === "UNIFIED" && isParent({ ctx, kind: organization }) ? LEFT_OUT_OF_PARENT : null;
}

/** Throws BAD_USER_INPUT for a parent organization, with figures that are not those of its children. */
export function refuseParent(ctx: Context, kind: OrganizationKind, what: string): void {
  const organization = ownOrganization(ctx, kind);
  if (organization?.isParent === true)
    throw badInput(`\`${organization.name}\` is a parent organization: ${what}. Name one of its children.`);
}

/** True if an organization of a context is a parent. */
export function isParent({ ctx, kind }: { readonly ctx: Context; readonly kind: OrganizationKind }): boolean {
  return ownOrganization(ctx, kind)?.isParent === true;
}

function ownOrganization({ upstream }: Context, kind: OrganizationKind): NamedOrganization | undefined {
  return upstream.tenant.organizations.find((each) => each.kind === kind);
}

function notParent(ctx: Context, kind: OrganizationKind): GatewayError {
  const parents = ctx.organizations.readable.filter(({ isParent }) => isParent).map(({ name }) => name);
  const instead =
    parents.length === 0
      ? "the operator states parents in ORGANIZATIONS_FILE (`isParent`)"
      : `use \`organization\` ${listOfNames(parents)}`;
  return badInput(
    `\`${nameOf(ctx, kind)}\` is not a parent organization, and only the reports of a parent have child organizations; ${instead}.`,
  );
}

function childId({ organizations, viewer }: Context, parent: NamedOrganization, name: string): string {
  const { readable } = organizations;
  const isId = isOrganizationId(name);
  const found = readable.find((each) => each.name === name || (isId && each.id === name.toLowerCase()));
  if (found === undefined) {
    // Upstream lists no children: an id that it does not know matches nothing.
    if (isId && viewer.organizations === null) return name.toLowerCase();
    const children = readable.filter(({ id, ancestors }) => id !== null && ancestors.includes(parent.name));
    const names = children.map((each) => each.name);
    throw badInput(
      `Unknown organization \`${name}\` in \`filter.organizations\`: ${names.length === 0 ? "pass the id of a child, as rows have it" : `use ${listOfNames(names)}`}.`,
    );
  }
  if (!found.ancestors.includes(parent.name))
    throw badInput(
      `\`${found.name}\` is not below \`${parent.name}\`: its \`parent\` in ORGANIZATIONS_FILE says otherwise.`,
    );
  if (found.id === null)
    throw badInput(
      `ORGANIZATIONS_FILE states no \`id\` of \`${found.name}\`, by which the reports of \`${parent.name}\` name it; pass the id, as rows have it.`,
    );
  return found.id;
}
