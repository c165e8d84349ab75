import { execute, type GraphQLField, isObjectType, isScalarType, parse } from "graphql";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { schema } from "../schema/index.ts";
import type { Context, OrganizationChoice } from "../src/context.ts";
import { ORGANIZATIONS } from "../src/domain/organization.ts";
import { VIEWER_OF_ALL, type Viewer } from "../src/domain/viewer.ts";
import { oncePerOperation } from "../src/loaders/once-per-operation.ts";
import { operationOf, selectedFieldAt } from "../src/planning/operation.ts";
import { type FieldPlan, fieldPlanOf } from "../src/planning/plan.ts";
import { rowsOf } from "../src/planning/rows.ts";
import type { SelectedField } from "../src/planning/selected-field.ts";
import { FieldShape } from "../src/planning/shape.ts";
import { queryLibrary } from "../src/server/documents/query-library.ts";
import type { Upstream } from "../src/upstream/upstream.ts";
import { guarded } from "./callers.ts";
import { gateway, NOW } from "./gateway.ts";

const RANGE = `range: { between: { from: "2026-10-01", until: "2026-10-03" } }`;

function fieldOf(typename: string, name: string): GraphQLField<unknown, unknown> {
  const type = schema.getType(typename);
  const field = isObjectType(type) ? type.getFields()[name] : undefined;
  if (field === undefined) throw new Error(`there is no ${typename}.${name}`);
  return field;
}

/** Changes the plan of a field until the test ends. */
function replan(field: GraphQLField<unknown, unknown>, plan: Partial<FieldPlan>): void {
  const { extensions } = field;
  field.extensions = { ...extensions, plan: { ...fieldPlanOf(field), ...plan } };
  onTestFinished(() => {
    field.extensions = extensions;
  });
}

function contextOf(): Context {
  const tenant = { name: null, organizations: ORGANIZATIONS };
  const upstream = { tenant, has: (key: string) => key !== "" } as Upstream;
  const organizations: OrganizationChoice = { readable: [], requested: null, partsOf: () => ({}) as never };
  const about = { organizations, organization: null, base: null };
  return {
    viewer: VIEWER_OF_ALL,
    maxFirst: 1_000,
    now: () => Date.parse(NOW),
    upstream,
    ...about,
  } as Context;
}

test.each(["requests", "range", "finds"] as const)(
  "a fault in the %s of a field is a masked fault that makes no upstream request",
  async (part) => {
    const { ask, seen, faults } = gateway();
    const fault = new TypeError("a plan that is broken");
    replan(fieldOf("Query", "users"), {
      [part]: () => {
        throw fault;
      },
    });
    const { data, errors } = await ask(`{ users(${RANGE}) { nodes { userId } } }`);
    expect(data ?? null).toBeNull();
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(JSON.stringify(errors)).not.toContain("broken");
    expect(seen).toEqual([]);
    expect(faults).toEqual([fault]);
  },
);

describe("an operation", () => {
  const document = parse(`query ($from: Date!) {
    cost(range: { between: { from: $from, until: "2026-10-03" } }, groupBy: [MODEL]) { total { net { usd } } }
  }`);
  const argsOf = () => ({
    schema,
    document,
    variableValues: { from: "2026-10-01" },
    contextValue: contextOf(),
  });

  test("is read once for one execution, and anew for another", () => {
    const args = argsOf();
    expect(operationOf(args)).toBe(operationOf(args));
    expect(operationOf(argsOf())).not.toBe(operationOf(args));
  });

  test("has the days and the permissions of each request, while its document is read once", () => {
    const document = parse(`query ($first: Int) {
      cost(range: { last: { days: 1 } }, first: $first) { nodes { net { usd } } }
    }`);
    const planned = (first: number, ctx: Partial<Context>) => {
      const contextValue = { ...contextOf(), ...ctx };
      const operation = operationOf({ schema, document, variableValues: { first }, contextValue });
      if (operation === null || "faults" in operation) throw new Error("it is valid");
      const [cost] = operation.fields;
      return [cost?.isPermitted, cost?.stated.range.until, cost?.stated.args.first, rowsOf(operation)];
    };
    const admin: Viewer = { ...VIEWER_OF_ALL, role: "ADMIN", scopes: new Set(["activity:read"]) };
    const tomorrow = () => Date.parse(NOW) + 86_400_000;
    const [first, second, third] = [
      planned(10, {}),
      planned(20, { viewer: admin }),
      planned(30, { now: tomorrow }),
    ];
    expect(first).toEqual([true, "2026-11-22", 10, 10]);
    expect(second).toEqual([false, "2026-11-22", 20, 1]);
    expect(third).toEqual([true, "2026-11-23", 30, 30]);
  });

  test.each(queryLibrary().map((text) => [/^query (\w+)/m.exec(text)?.[1], text] as const))(
    "has the rows that it has where no object counts as plain: %s",
    (_name, text) => {
      const viewers: readonly Viewer[] = [
        VIEWER_OF_ALL,
        { ...VIEWER_OF_ALL, role: "ADMIN", scopes: new Set(["activity:read"]) },
        { ...VIEWER_OF_ALL, role: "MEMBER", scopes: new Set() },
      ];
      const rows = () =>
        viewers.map((viewer) => {
          const contextValue = { ...contextOf(), viewer };
          const operation = operationOf({ schema, document: parse(text), contextValue });
          if (operation === null || "faults" in operation) throw new Error("it is valid");
          return rowsOf(operation);
        });
      const counted = rows();
      const plain = vi.spyOn(FieldShape.prototype, "isPlain", "get").mockReturnValue(false);
      onTestFinished(() => plain.mockRestore());
      expect(counted).toEqual(rows());
    },
  );

  test("has the fields that the variables of a request include", () => {
    const document = parse(`query ($all: Boolean!) {
      limits { name ...more @include(if: $all) }
    } fragment more on Limit { value }`);
    const namesFor = (all: boolean) => {
      const args = { schema, document, variableValues: { all }, contextValue: contextOf() };
      const operation = operationOf(args);
      if (operation === null || "faults" in operation) throw new Error("it is valid");
      return operation.fields.flatMap(({ fieldsBelow }) => fieldsBelow).map(({ field }) => field.name);
    };
    expect([true, false, true].map(namesFor)).toEqual([["name", "value"], ["name"], ["name", "value"]]);
  });

  test("gives its resolvers the fields that were planned, in lists and fragments too", async () => {
    const contextValue = contextOf();
    const args = {
      schema,
      document: parse(`{ kinds: limits { ...names } } fragment names on Limit { called: name }`),
      contextValue,
    };
    const operation = operationOf(args);
    const resolved = new Set<SelectedField>();
    for (const [field, value] of [
      [fieldOf("Query", "limits"), [{}, {}]],
      [fieldOf("Limit", "name"), "MAX_ROWS"],
    ] as const) {
      const { resolve } = field;
      onTestFinished(() => void Object.assign(field, { resolve }));
      field.resolve = (_source, _args, ctx, info) => {
        resolved.add(selectedFieldAt(ctx as Context, info));
        return value;
      };
    }
    expect(await execute(args)).toEqual({
      data: { kinds: [{ called: "MAX_ROWS" }, { called: "MAX_ROWS" }] },
    });
    if (operation === null || "faults" in operation) throw new Error("the operation is read");
    expect([...resolved]).toEqual([operation.fields[0], operation.fields[0]?.fieldsBelow[0]]);
    expect([...resolved].map(({ path }) => path)).toEqual(["kinds", "kinds.called"]);
  });

  test("has its variables coerced once, to be planned and to be run", async () => {
    const date = schema.getType("Date");
    if (!isScalarType(date)) throw new Error("Date is a scalar");
    const { askAs } = guarded();
    const parseValue = vi.spyOn(date, "parseValue");
    onTestFinished(() => parseValue.mockRestore());
    const query = `query ($from: Date!) { users(range: { between: { from: $from, until: "2026-10-03" } }) { totalCount } }`;
    await askAs("ADMIN", query, { from: "2026-10-01" });
    expect(parseValue.mock.calls.filter(([value]) => value === "2026-10-01")).toHaveLength(1);
  });

  test("gives a field the arguments of the field above that is declared with them", () => {
    const operation = operationOf(argsOf());
    if (operation === null || "faults" in operation) throw new Error("the operation is sound");
    const total = operation.fields[0]?.below[0]?.fields[0];
    const declared = fieldPlanOf(fieldOf("Query", "cost")).declared;
    expect(total?.path).toBe("cost.total");
    expect(total?.stated.argsOf(declared)).toMatchObject({
      range: { between: { from: "2026-10-01", until: "2026-10-03" } },
      groupBy: ["MODEL"],
    });
    expect(total?.stated.argsOf(fieldPlanOf(fieldOf("Query", "teams")).declared)).toBeNull();
  });
});

test("a value of an operation is made once for its parameters, and never for another operation", () => {
  const make = vi.fn((_ctx: Context, { of }: { readonly of: string }) => ({ of }));
  const made = oncePerOperation(make);
  const [one, another] = [contextOf(), contextOf()];
  expect(made(one, { of: "a" })).toBe(made(one, { of: "a" }));
  expect(made(one, { of: "b" })).toEqual({ of: "b" });
  expect(made(another, { of: "a" })).not.toBe(made(one, { of: "a" }));
  expect(make).toHaveBeenCalledTimes(3);
});
