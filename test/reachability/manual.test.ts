import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import { DATASETS } from "../../src/domain/dataset.ts";
import { answerOf, originalAnswer, QUESTIONS, SAMPLES, textOf } from "./asking.ts";
import { changed } from "./properties.ts";

/** What a description must say of a count, by how the contract says it behaves when a range is rolled up. */
const SAID: Readonly<Record<string, RegExp>> = {
  sum: /\badditive\b/i,
  "exact-sum-of-creations": /exact.*additive/i,
  "exact-recount": /(exact).*(not additive)/i,
  "exact-recount-or-null": /not additive.*null: not measured/i,
  "approximate-distinct": /estimate.*not additive/i,
  "sum-of-daily-distinct": /per day and added up/i,
  null: /null over more than one day/i,
};

test("the field that shows a count over a range says about it what the contract says", {
  tags: "deep",
}, async () => {
  const modes = new Map<string, string>();
  const wrong: string[] = [];
  for (const [path, questions] of Object.entries(QUESTIONS)) {
    for (const sample of SAMPLES.get(path) ?? []) {
      for (const property of sample.properties) {
        const { rangeMode } = property;
        if (rangeMode === undefined) continue;
        for (const question of questions) {
          const before = textOf(await originalAnswer(question, path, sample));
          if (before === "refused") continue;
          const after = textOf(await answerOf(question, path, changed(sample.body, property)));
          if (after === "refused" || before === after) continue;
          modes.set(property.name, rangeMode);
          for (const field of fieldsChanged(JSON.parse(before), JSON.parse(after))) {
            const says = field.description ?? "";
            if (!SAID[rangeMode]?.test(says))
              wrong.push(`${property.name} (${rangeMode}) as ${field.name}: ${says}`);
            if (
              rangeMode !== "sum" &&
              rangeMode !== "exact-sum-of-creations" &&
              /(?<!not )\badditive\b/i.test(says)
            )
              wrong.push(`${property.name} (${rangeMode}) as ${field.name} is called additive: ${says}`);
          }
        }
      }
    }
  }
  expect([...new Set(wrong)]).toEqual([]);
  expect(new Set(modes.values())).toEqual(new Set(Object.keys(SAID)));
  expect(modes.size).toBeGreaterThan(100);
});

/** The leaf fields whose values differ between two answers. */
function fieldsChanged(before: unknown, after: unknown): GraphQLField<unknown, unknown>[] {
  const root = schema.getQueryType();
  return root ? changedBelow(root, before, after) : [];
}

function changedBelow(
  type: GraphQLObjectType,
  before: unknown,
  after: unknown,
): GraphQLField<unknown, unknown>[] {
  const [a, b] = [before, after] as Record<string, unknown>[];
  return Object.keys(b ?? {}).flatMap((key) => {
    const field = type.getFields()[key];
    if (field === undefined || JSON.stringify(a?.[key]) === JSON.stringify(b?.[key])) return [];
    const named = getNamedType(field.type);
    if (!isObjectType(named) && !isInterfaceType(named) && !isUnionType(named)) return [field];
    const [left, right] = [[a?.[key]].flat(), [b?.[key]].flat()];
    return right.flatMap((value, i) => {
      const name = (value as { __typename?: string } | null)?.__typename;
      const below = isObjectType(named) ? named : name === undefined ? undefined : schema.getType(name);
      return isObjectType(below) ? changedBelow(below, left[i], value) : [];
    });
  });
}

/** Numbers that are no measures, with what they are. */
const NOT_MEASURES: Readonly<Record<string, string>> = {
  "*.totalCount": "How long a list is.",
  "Budget.thresholds": "Limits.",
  "DatasetInfo.longestRange": "A limit.",
  "DatasetInfo.daysPerRequest": "A limit.",
  "DatasetInfo.maxGroupBy": "A limit.",
  "FieldCondition.maxDays": "A limit.",
  "Limit.value": "A limit.",
  "Money.cents": "An amount; the field that holds it says how it adds up.",
  "Money.usd": "The same amount.",
  "LimitAmount.minorUnits": "An amount; the field that holds it says how it adds up.",
  "LimitAmount.amount": "The same amount.",
};

const NUMBERS = new Set(["Count", "Int", "Float", "Decimal", "Money", "Spend"]);

describe("every number of the graph", () => {
  const objects = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith("__"),
  ) as GraphQLObjectType[];
  const numbers = objects.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => NUMBERS.has(getNamedType(field.type).name))
      .map((field) => ({ coordinate: `${type.name}.${field.name}`, field })),
  );
  const isMeasure = ({ coordinate, field }: (typeof numbers)[number]) =>
    NOT_MEASURES[coordinate] === undefined && NOT_MEASURES[`*.${field.name}`] === undefined;

  test("says whether it adds up", () => {
    const silent = numbers
      .filter(isMeasure)
      .filter(
        ({ field }) =>
          !/\badditive\b|adds? up|added up|null over more than one day/i.test(field.description ?? ""),
      );
    expect(silent.map(({ coordinate, field }) => `${coordinate}: ${field.description}`)).toEqual([]);
    expect(numbers.filter(isMeasure).length).toBeGreaterThan(100);
  });

  test("that is none stands in a table that is needed", () => {
    const named = new Set(numbers.flatMap(({ coordinate, field }) => [coordinate, `*.${field.name}`]));
    expect(Object.keys(NOT_MEASURES).filter((each) => !named.has(each))).toEqual([]);
  });
});

describe("every question", () => {
  /** They look up what another question gave out, or say what can be asked. */
  const WITHOUT = ["node", "nodes", "datasets", "limits", "organizations", "viewer"];
  const root = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    ({ name }) => !WITHOUT.includes(name),
  );

  test.each(root.map((field) => [field.name, field.description ?? ""]))(
    "%s names its datasets",
    (_name, says) => {
      const names = /Sources?: ([A-Z_, and]+)\./.exec(says)?.[1]?.match(/[A-Z_]{4,}/g) ?? [];
      expect(names.length, says).toBeGreaterThan(0);
      expect(names.filter((name) => !Object.hasOwn(DATASETS, name))).toEqual([]);
    },
  );
});
