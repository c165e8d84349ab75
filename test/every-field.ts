import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { schema } from "../schema/index.ts";
import { requirementsOf } from "../src/planning/permissions.ts";
import { fieldPlanOf } from "../src/planning/plan.ts";
import { QUESTIONS } from "./reachability/asking.ts";

const DAY = `range: { between: { from: "2026-11-18", until: "2026-11-19" } }`;

/** Selections below a type that between them reach each field alone. */
function selectionsBelow(type: GraphQLNamedType, split: readonly string[], met: Set<string>): string[] {
  if (isAbstractType(type))
    return schema
      .getPossibleTypes(type)
      .flatMap((each) =>
        selectionsBelow(each, split, met).map((inner) => `... on ${each.name} { ${inner} }`),
      );
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const { dimension } = fieldPlanOf(field);
    const coordinate = `${type.name}.${field.name}`;
    if (met.has(coordinate) || (typeof dimension === "string" && !split.includes(dimension))) return [];
    met.add(coordinate);
    const named = getNamedType(field.type);
    const given = [
      ...(field.args.some(({ name }) => name === "first") ? ["first: 5"] : []),
      ...(field.args.some((arg) => arg.name === "range" && isRequiredArgument(arg)) ? [DAY] : []),
    ];
    const called = given.length === 0 ? field.name : `${field.name}(${given.join(", ")})`;
    if (isLeafType(named)) return [called];
    return [
      `${called} { __typename }`,
      ...selectionsBelow(named, split, met).map((inner) => `${called} { ${inner} }`),
    ];
  });
}

const CALLS = [
  ...Object.values(QUESTIONS)
    .flat()
    .filter((call) => !call.startsWith("user(")),
  "dashboard",
  "datasets",
  "limits",
  `teams(${DAY})`,
  `reconciliation(${DAY})`,
  `claudeCode(${DAY}, bucket: DAY, groupBy: [ACTOR])`,
  "costProjection",
  `unitCost(${DAY})`,
  "idleSeats(days: 1)",
].filter((call) => schema.getQueryType()?.getFields()[/^\w+/.exec(call)?.[0] ?? ""]);

const met = new Set<string>();
/** A query for each field of the schema, alone. */
export const SINGLE = CALLS.flatMap((call) => {
  const field = schema.getQueryType()?.getFields()[/^\w+/.exec(call)?.[0] ?? ""];
  const split = /groupBy: \[(.*?)\]/.exec(call)?.[1]?.split(", ") ?? [];
  return selectionsBelow(getNamedType(field?.type as GraphQLOutputType), split, met).map(
    (inner) => `{ ${call} { ${inner} } }`,
  );
});

/** A query for each field that the caller's own person leads to, alone. */
export const SELF = selectionsBelow(schema.getType("User") as GraphQLNamedType, [], new Set()).map(
  (inner) => `{ user { ${inner} } }`,
);

function asksOfDefault({ type, defaultValue }: GraphQLArgument): readonly string[] | null {
  const named = getNamedType(type);
  const value = isEnumType(named) && named.getValues().find((each) => each.value === defaultValue);
  return value ? requirementsOf(value) : null;
}

type Rules = readonly (readonly string[] | null)[];

const rules = new Map<string, Rules>();

/** What each field of a query asks of the viewer, each value it gives, and each default it leaves to the schema. */
export function asked(query: string): Rules {
  const known = rules.get(query) ?? rulesIn(query);
  rules.set(query, known);
  return known;
}

function rulesIn(query: string): Rules {
  const info = new TypeInfo(schema);
  const all: (readonly string[] | null)[] = [];
  visit(
    parse(query),
    visitWithTypeInfo(info, {
      Field() {
        const field = info.getFieldDef();
        if (!field || field.name === "__typename") return;
        all.push(requirementsOf(field), ...field.args.map(asksOfDefault));
      },
      EnumValue() {
        const value = info.getEnumValue();
        if (value) all.push(requirementsOf(value));
      },
    }),
  );
  return all;
}
