import type { Context } from "../../src/context.ts";
import type { EngagementDimension, EngagementFilter as Filter } from "../../src/domain/engagement.ts";
import { badInput } from "../../src/errors.ts";
import {
  type FilterNames,
  type FilterValues,
  MAX_FILTERS,
} from "../../src/upstream/endpoints/engagement-query.ts";
import { builder } from "../framework/builder.ts";
import { demand } from "../framework/demand.ts";
import { identityIn, ownOfMeasured } from "../framework/measured-id.ts";
import { enterpriseIdIn } from "../people/user-id.ts";

const lists = {
  users: "People, by `id` in this graph or by the bare `user_...` of the Enterprise organization.",
  groups:
    "RBAC groups, by `id` in this graph, `rbac_group_...` or bare UUID; membership at the time of use counts.",
  projects: "Chat projects, by `id` in this graph or by the bare `claude_proj_...`.",
} as const;

export const UserFilter = builder.inputType("UserFilter", {
  description: `Whose activity to list: any value of each list, all of the lists; at most ${MAX_FILTERS} values together. Under \`projects\` the activity of a row is chat in those projects only, and under \`groups\` it is what was done as a member of one; \`projects\` and \`groups\` exclude each other.`,
  fields: (t) => ({
    users: t.stringList({ description: lists.users, requires: ["individuals"] }),
    groups: t.stringList({ description: lists.groups }),
    projects: t.stringList({ description: lists.projects }),
  }),
});

export const EngagementFilter = builder.inputType("EngagementFilter", {
  description: `Which use to count: any value of each list, all of the lists; at most ${MAX_FILTERS} values together. The figures of a row are of that use alone. Fields differ in the lists they know; the error says which.`,
  fields: (t) => ({
    users: t.stringList({ description: lists.users, requires: ["individuals"] }),
    groups: t.stringList({ description: lists.groups }),
    products: t.stringList({
      description:
        "Products: `chat`, `claude_code`, `cowork`, `office_agent`, or `chat_cowork_unified` where the two are one. Artifacts are of all but `office_agent`, plugins of neither it nor `chat`. Not for projects.",
    }),
    projects: t.stringList({ description: `${lists.projects} Projects only.` }),
    names: t.stringList({
      description: "Names or display names, letter case aside. Skills, connectors and plugins only.",
    }),
    shareStatuses: t.stringList({ description: "`organization`, `private` or `public`. Skills only." }),
  }),
});

/** A filter as a client states it. */
export type FilterInput = { readonly [D in EngagementDimension]?: readonly string[] | null | undefined };

/** A filter as one list knows it, with one spelling per question. Throws BAD_USER_INPUT and says what would work. */
export function filterOf(
  ctx: Context,
  field: string,
  names: FilterNames,
  asked: FilterInput | null | undefined,
  known: FilterValues = {},
): Filter {
  if (asked?.users) demand(ctx, "individuals", "`filter.users`");
  const stated = (Object.keys(asked ?? {}) as EngagementDimension[]).sort().flatMap((dimension) => {
    const values = asked?.[dimension];
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
      `\`filter\` has ${count} values; upstream takes at most ${MAX_FILTERS} of all lists together. Ask in several queries.`,
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
      `\`filter.${dimension}\` has no values; it takes 1 to ${MAX_FILTERS}. Leave it out to count all.`,
    );
  const own = values.map((value) => OWN[dimension]?.(value, ctx) ?? value);
  if (own.includes(""))
    throw badInput(`\`filter.${dimension}\` has an empty value; each one names something.`);
  return [...new Set(own)].sort();
}

/** Values that are ids, as upstream spells them. */
const OWN: { readonly [D in EngagementDimension]?: (id: string, ctx: Context) => string } = {
  users: (id, ctx) => (/^user_/.test(id) ? id : enterpriseIdIn(id, ctx)),
  groups: (id, ctx) => (BARE_GROUP.test(id) ? id : identityIn(id, "Group", ctx)),
  projects: (id, ctx) => (/^claude_proj_/.test(id) ? id : ownOfMeasured(identityIn(id, "Project", ctx))),
};

const BARE_GROUP = /^rbac_group_|^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
