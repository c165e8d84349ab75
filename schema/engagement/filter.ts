import type { Context } from "../../src/context.ts";
import type { EngagementDimension, EngagementFilterValues as Filter } from "../../src/domain/engagement.ts";
import { badInput } from "../../src/errors.ts";
import type { Endpoint } from "../../src/upstream/endpoint.ts";
import { MAX_FILTERS } from "../../src/upstream/endpoints/engagement-query.ts";
import { builder } from "../framework/builder.ts";
import { identityIn, ownOfMeasured } from "../framework/measured-id.ts";
import { requirePermission } from "../framework/permission.ts";
import { enterpriseIdIn } from "../people/user-id.ts";

const lists = {
  users: "People, by `id` in this graph or by the bare `user_...` of the Enterprise organization.",
  groups:
    "RBAC groups, by `id` in this graph, `rbac_group_...` or bare UUID; membership at the time of use counts.",
  projects: "Chat projects, by `id` in this graph or by the bare `claude_proj_...`.",
} as const;

export const UserFilter = builder.inputType("UserFilter", {
  description: `Filter of activity: matches any value of each list and all lists; at most ${MAX_FILTERS} values together. With \`projects\` a row has only chat in those projects, and with \`groups\` only activity as a member of one; \`projects\` and \`groups\` exclude each other.`,
  fields: (t) => ({
    users: t.stringList({ description: lists.users, requires: ["individuals"] }),
    groups: t.stringList({ description: lists.groups }),
    projects: t.stringList({ description: lists.projects }),
  }),
});

export const EngagementFilter = builder.inputType("EngagementFilter", {
  description: `Filter of use: matches any value of each list and all lists; at most ${MAX_FILTERS} values together. The figures of a row cover only that use. Fields support different lists; the error names them.`,
  fields: (t) => ({
    users: t.stringList({ description: lists.users, requires: ["individuals"] }),
    groups: t.stringList({ description: lists.groups }),
    products: t.stringList({
      description:
        "Products: `chat`, `claude_code`, `cowork`, `office_agent`, or `chat_cowork_unified` if the two are one. Artifacts support all but `office_agent`, plugins neither it nor `chat`. Not for projects.",
    }),
    projects: t.stringList({ description: `${lists.projects} Projects only.` }),
    names: t.stringList({
      description: "Names or display names, ignoring case. Skills, connectors and plugins only.",
    }),
    shareStatuses: t.stringList({ description: "`organization`, `private` or `public`. Skills only." }),
  }),
});

/** A filter as a client states it. */
export type EngagementFilterInput = {
  readonly [D in EngagementDimension]?: readonly string[] | null | undefined;
};

/** A list, as far as it says what it can be filtered by. */
type Filtered = Pick<Endpoint<never, unknown>, "filters" | "filterValues">;

/** A filter as one list knows it, with one spelling per question. Throws BAD_USER_INPUT and says what would work. */
export function engagementFilterOf(
  ctx: Context,
  field: string,
  { filters: names = {}, filterValues: known = {} }: Filtered,
  requested: EngagementFilterInput | null | undefined,
): Filter {
  if (requested?.users) requirePermission(ctx, "individuals", "`filter.users`");
  const stated = (Object.keys(requested ?? {}) as EngagementDimension[]).sort().flatMap((dimension) => {
    const values = requested?.[dimension];
    return values === null || values === undefined ? [] : [[dimension, values] as const];
  });
  const filter = Object.fromEntries(
    stated.map(([dimension, values]) => {
      if (!Object.hasOwn(names, dimension))
        throw badInput(
          `\`${field}\` cannot filter by \`${dimension}\`; it filters by ${Object.keys(names).join(", ")}.`,
        );
      const stranger = values.find((value) => known[dimension]?.includes(value) === false);
      if (stranger !== undefined)
        throw badInput(
          `\`${field}\` has no ${JSON.stringify(stranger)} among its \`${dimension}\`; it filters by ${known[dimension]?.join(", ")}.`,
        );
      return [dimension, valuesOf(ctx, dimension, values)];
    }),
  ) as Filter;
  const count = stated.reduce((sum, [dimension]) => sum + (filter[dimension]?.length ?? 0), 0);
  if (count > MAX_FILTERS)
    throw badInput(
      `\`filter\` has ${count} values; upstream accepts at most ${MAX_FILTERS} of all lists together. Send several queries.`,
    );
  if (field === "users" && filter.projects !== undefined && filter.groups !== undefined)
    throw badInput("`filter.projects` and `filter.groups` exclude each other; leave one of them out.");
  return filter;
}

function valuesOf(
  ctx: Context,
  dimension: EngagementDimension,
  values: readonly string[],
): readonly string[] {
  // Sent without an entry, a list would not be sent at all, and everything would be counted.
  if (values.length === 0)
    throw badInput(
      `\`filter.${dimension}\` has no values; it must have 1 to ${MAX_FILTERS}. Omit it to include all.`,
    );
  const own = values.map((value) => OWN[dimension]?.(value, ctx) ?? value);
  if (own.includes("")) throw badInput(`\`filter.${dimension}\` has an empty value; remove it.`);
  return [...new Set(own)].sort();
}

/** Values that are ids, as upstream spells them. */
const OWN: { readonly [D in EngagementDimension]?: (id: string, ctx: Context) => string } = {
  users: (id, ctx) => (/^user_/.test(id) ? id : enterpriseIdIn(id, ctx)),
  groups: (id, ctx) => (BARE_GROUP.test(id) ? id : identityIn(id, "Group", ctx)),
  projects: (id, ctx) => (/^claude_proj_/.test(id) ? id : ownOfMeasured(identityIn(id, "Project", ctx))),
};

const BARE_GROUP = /^rbac_group_|^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
