import { collectFields, collectSubFields } from "@graphql-tools/utils";
import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isObjectType,
} from "graphql";
import type { Context } from "../src/context.ts";
import type { Dataset } from "../src/domain/dataset.ts";
import { dayOf } from "../src/domain/day.ts";
import type { DayRange } from "../src/domain/range.ts";
import { GatewayError } from "../src/errors.ts";
import { reach } from "../src/loaders/activity-days.ts";
import type { Coverage, Endpoint } from "../src/upstream/endpoint.ts";
import { activitySummaries } from "../src/upstream/endpoints/summaries.ts";
import { type Asked, type FieldWalks, type PlannedField, walksByKey, walksOf } from "../src/upstream/plan.ts";
import { windowsOf } from "../src/upstream/windows.ts";
import { isPermitted } from "./demand.ts";
import { type DateRangeInput, DEFAULT_PERIOD, resolveActivityRange, resolveRange } from "./range.ts";
import type { Selected } from "./selected.ts";

/** What a field will be about, as far as the operation says it before it is run. */
export interface Prospect<Args = object, Above = object> {
  /** Its own `range` or what it is `about`, else the one it inherits. */
  readonly range: DayRange;
  readonly args: Args;
  /** The arguments of the nearest field above it that takes any. */
  readonly above: Above;
  readonly schema: GraphQLSchema;
  /** The type it is a field of. */
  readonly type: string;
  /** The types that one is inside of, the outermost first. */
  readonly within: readonly string[];
  /** Where the rows come from that it is a field of; null at the root. */
  readonly source: Dataset | null;
}

/**
 * The extension of a field that asks upstream: which walks it will make. It stands beside the resolver that makes them, and a
 * question is made the same way in both.
 */
export function walks<Args = object, Above = object>(
  of: (prospect: Prospect<Args, Above>, ctx: Context) => FieldWalks | readonly FieldWalks[],
) {
  return { walks: of };
}

/** The extension of a field that says itself which days it and the fields below it are about. Null: those it states or inherits. */
export function about<Args = object>(of: (args: Args, ctx: Context) => DayRange | null) {
  return { about: of };
}

/** The extension of a field of activity alone, whose relative range ends with the newest day that can be aggregated. */
export const aboutActivity = about<{ readonly range?: DateRangeInput | null }>(({ range }, ctx) =>
  range ? resolveActivityRange(range, ctx.now()) : null,
);

/**
 * The extension of a type with ids: which walks it takes to find the one that an id names, and which days its figures are about,
 * where the id names those too.
 */
export function nodeWalks(
  of: (id: string, ctx: Context) => FieldWalks | readonly FieldWalks[],
  rangeOf: (id: string) => DayRange | null = () => null,
) {
  return { nodeWalks: of, nodeRange: rangeOf };
}

/** The extension of a field that finds objects by id: which type each is of, and the days it is about where the id says so. */
export function finds<Args = object>(
  of: (args: Args, schema: GraphQLSchema, ctx: Context) => readonly Found[],
) {
  return { finds: of };
}

export interface Found {
  readonly type: GraphQLObjectType;
  readonly range: DayRange | null;
}

/** The types that an object of a field can be of, and the days each is about. */
export function typesBelow(
  field: GraphQLField<unknown, unknown>,
  args: object,
  range: DayRange,
  schema: GraphQLSchema,
  ctx: Context,
): readonly { readonly type: GraphQLObjectType; readonly range: DayRange }[] {
  const found = (field.extensions.finds as Parameters<typeof finds>[0] | undefined)?.(args, schema, ctx);
  if (found !== undefined) {
    const distinct = new Map(found.map((each) => [`${each.type.name} ${JSON.stringify(each.range)}`, each]));
    return [...distinct.values()].map((each) => ({ type: each.type, range: each.range ?? range }));
  }
  const named = getNamedType(field.type);
  const types = isAbstractType(named) ? schema.getPossibleTypes(named) : isObjectType(named) ? [named] : [];
  return types.map((type) => ({ type, range }));
}

/** The extension of a list that takes no `first`: how many rows it has at the most, as far as that is known before it is run. */
export function rows(of: (prospect: Pick<Prospect, "range">) => number) {
  return { rows: of };
}

/** The range a field is about, where it says so itself, states it, or else inherits it. */
export function rangeOfField(
  field: GraphQLField<unknown, unknown>,
  args: { readonly range?: DateRangeInput | null },
  inherited: DayRange,
  ctx: Context,
): DayRange {
  const stated = args.range ? resolveRange(args.range, ctx.now()) : inherited;
  const said = field.extensions.about as Parameters<typeof about>[0] | undefined;
  return said?.(args, ctx) ?? stated;
}

/** The range of an operation whose fields say nothing of one. */
export function rangeByDefault(ctx: Context): DayRange {
  return resolveRange({ period: DEFAULT_PERIOD }, ctx.now());
}

/** The walks of a question asked by key, by all rows of a list together: one for each piece of the days. */
export function walksOverDays(
  endpoint: Asked & Pick<Endpoint<never, unknown>, "coverage">,
  range: DayRange,
  ctx: Context,
  cut?: Coverage["pieces"],
): FieldWalks {
  return walksByKey(endpoint, windowsOf(endpoint, range, ctx.now(), cut).pieces);
}

/** The walk that tells the newest day upstream has aggregated. */
export function walksOfLastDays(ctx: Context): FieldWalks {
  return walksOf(activitySummaries, [{ range: reach(ctx, dayOf(ctx.now())) }]);
}

/** The walks that an operation will make, field by field. A field whose arguments are refused makes none, nor do those below it. */
export function plannedFields(
  { schema, operation, root, fragments, variables }: Selected,
  ctx: Context,
): PlannedField[] {
  const planned: PlannedField[] = [];
  let count = 0;

  /** Fields of one type, by response name. */
  function visit(
    type: GraphQLObjectType,
    fields: ReadonlyMap<string, readonly FieldNode[]>,
    above: Omit<Prospect, "args" | "type">,
    path: string,
  ): void {
    for (const [name, nodes] of fields) {
      const field = type.getFields()[nodes[0]?.name.value ?? ""];
      if (field === undefined || !isPermitted(field, ctx)) continue;
      const here = path === "" ? name : `${path}.${name}`;
      try {
        const args = getArgumentValues(field, nodes[0] as FieldNode, variables) as { range?: DateRangeInput };
        const range = rangeOfField(field, args, above.range, ctx);
        const own = field.extensions.walks as Parameters<typeof walks>[0] | undefined;
        const made = own?.({ ...above, type: type.name, args, range }, ctx) ?? [];
        const all = "walks" in made ? [made] : made;
        for (const each of all) add(each, here);
        const source = all[0]?.walks[0]?.endpoint.dataset ?? above.source;
        const within = [...above.within, type.name];
        const nearest = field.args.length > 0 ? args : above.above;
        for (const below of typesBelow(field, args, range, schema, ctx)) {
          const { fields } = collectSubFields(schema, fragments, variables, below.type, [...nodes]);
          visit(below.type, fields, { schema, range: below.range, above: nearest, source, within }, here);
        }
      } catch (fault) {
        // The field says so itself when it is run.
        if (!(fault instanceof Error) || fault === TOO_MANY) throw fault;
      }
    }
  }

  function add(made: FieldWalks, path: string): void {
    count += made.walks.length;
    if (count > MOST_WALKS) throw TOO_MANY;
    if (made.walks.length > 0) planned.push({ ...made, path });
  }

  const { fields } = collectFields(schema, fragments, variables, root, operation.selectionSet);
  visit(root, fields, { schema, range: rangeByDefault(ctx), above: {}, source: null, within: [] }, "");
  return planned;
}

/** Far beyond what can be answered, even from what is kept; counting them all would cost more than it is worth. */
const MOST_WALKS = 5_000;

const TOO_MANY = new GatewayError(
  "TOO_EXPENSIVE",
  `This needs more than ${MOST_WALKS} upstream walks; ask for shorter ranges, or for fewer fields at once.`,
);
