import { describe, expect, test } from "vitest";
import { gateway, json } from "./gateway.ts";
import { PATHS, reportPage, wireCost, wireDay } from "./wire.ts";

const RANGE = `range: { between: { from: "2026-11-10", until: "2026-11-12" } }`;

/** Models that a discount leaves at nothing, by their list price on each of two days. */
const LISTED = { "model-a": ["1", "1"], "model-b": ["0", "9"], "model-c": ["5", "0"], "model-d": ["1", "1"] };

function free() {
  const days = ["2026-11-10", "2026-11-11"].map((day, i) =>
    wireDay(
      day,
      Object.entries(LISTED)
        .toReversed()
        .map(([model, list]) => ({ ...wireCost("0", { model }), list_amount: list[i] ?? "0" })),
    ),
  );
  return gateway({ routes: { [PATHS.cost]: () => json(reportPage(days)) } });
}

const models = (nodes: readonly { model: string | null; isOther: boolean }[]) =>
  nodes.map(({ model, isOther }) => (isOther ? "others" : model));

describe("where every net amount is zero", () => {
  test.each([
    ["top: 1", ["model-b", "others"]],
    ["top: 2", ["model-b", "model-c", "others"]],
    ["top: 3", ["model-b", "model-c", "model-a", "others"]],
    ["", ["model-b", "model-c", "model-a", "model-d"]],
    ["orderBy: {field: NET, direction: ASC}", ["model-a", "model-d", "model-c", "model-b"]],
  ])(
    "the groups with the largest list price come first, then those first by name (%s)",
    async (args, expected) => {
      const { ask } = free();
      const { data, errors } = await ask(
        `{ cost(${RANGE}, organization: "enterprise", source: LEGACY, bucket: NONE, groupBy: [MODEL], ${args}) { nodes { model isOther } } }`,
      );
      expect(errors).toBeUndefined();
      expect(models(data.cost.nodes)).toEqual(expected);
    },
  );

  test("a list read page by page is the list read at once", async () => {
    const { ask } = free();
    const page = async (after: string | null): Promise<string[]> => {
      const { data } = await ask(
        `query Page($after: String) { cost(${RANGE}, organization: "enterprise", source: LEGACY, bucket: NONE, groupBy: [MODEL], first: 1, after: $after) { nodes { model } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
      const { nodes, pageInfo } = data.cost;
      const rest = pageInfo.hasNextPage ? await page(pageInfo.endCursor) : [];
      return [nodes[0].model, ...rest];
    };
    expect(await page(null)).toEqual(["model-b", "model-c", "model-a", "model-d"]);
  });
});
