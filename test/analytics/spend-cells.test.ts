import { describe, expect, test } from "vitest";
import { Cells } from "../../src/analytics/spend-cells.ts";
import { NO_DIMENSIONS, type ReportRow } from "../../src/domain/bucket.ts";
import { formatDecimal } from "../../src/domain/decimal.ts";
import { type SpendAmounts, spends } from "../../src/domain/money.ts";

function row(dimensions: Partial<ReportRow<SpendAmounts>>, cents: bigint): ReportRow<SpendAmounts> {
  const money = { cents: { units: cents, scale: 0 }, currency: "USD" };
  return {
    ...NO_DIMENSIONS,
    from: 0,
    until: 1,
    measure: { net: money, list: money, requests: 1 },
    ...dimensions,
  };
}

function cells(...rows: ReportRow<SpendAmounts>[]): Cells<SpendAmounts> {
  const sums = new Cells(spends);
  for (const each of rows) sums.add(each);
  return sums;
}

function person(userId: string) {
  return { user: { userId, email: null, name: null, deleted: true } };
}

const turn = async () => {};

function told(sums: Cells<SpendAmounts>) {
  return [...sums.values()].map(({ actor, product, model, measure }) => [
    actor?.kind ?? null,
    product,
    model,
    formatDecimal(measure.net.cents),
  ]);
}

test("rows that agree in whom, product and model are one; hidden identities are one row without a person", () => {
  const sums = cells(
    row({ ...person("user_a"), product: "chat", hidden: 1 }, 1n),
    row({ ...person("user_a"), product: "chat", costType: "tokens" }, 2n),
    row({ product: "chat", hidden: 2 }, 4n),
    row({ product: "chat", hidden: 3 }, 8n),
  );
  expect(told(sums)).toEqual([
    ["person", "chat", null, "3"],
    [null, "chat", null, "12"],
  ]);
});

describe("the spend that people do not account for", () => {
  const all = () => cells(row({ product: "chat" }, 10n), row({ product: "cowork" }, 5n));

  test("is the organization's less theirs, and nothing where that is nothing", async () => {
    const people = cells(
      row({ ...person("user_a"), product: "chat" }, 4n),
      row({ ...person("user_b"), product: "chat" }, 3n),
      row({ ...person("user_a"), product: "cowork" }, 5n),
    );
    expect(told(await all().without(people, turn))).toEqual([[null, "chat", null, "3"]]);
  });

  test("of groups that upstream cut off, comes off the row that stands for them", async () => {
    const cut = cells(row({ product: "chat" }, 10n), row({}, 9n));
    const people = cells(
      row({ ...person("user_a"), product: "chat" }, 10n),
      row({ ...person("user_a"), product: "rare" }, 2n),
      row({ ...person("user_b"), product: "rarer" }, 3n),
    );
    expect(told(await cut.without(people, turn))).toEqual([[null, null, null, "4"]]);
  });

  test("is negative where people have more than the organization, so that sums match still", async () => {
    const people = cells(row({ ...person("user_a"), product: "office" }, 2n));
    expect(told(await all().without(people, turn))).toEqual([
      [null, "chat", null, "10"],
      [null, "cowork", null, "5"],
      [null, "office", null, "-2"],
    ]);
  });
});
