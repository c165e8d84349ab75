import type { Decimal } from "../../domain/decimal.ts";
import { formatDecimal, parseDecimal } from "../../domain/decimal.ts";
import type { SpendAmounts } from "../../domain/money.ts";
import type { Dimension } from "../../domain/report.ts";

/** The dimensions that recorded days are split by. */
export const RECORDED_DIMENSIONS = ["MODEL", "PRODUCT"] as const satisfies readonly Dimension[];

/** Cost of one product and model on one day. */
export interface DayCell {
  readonly product: string | null;
  readonly model: string | null;
  readonly measure: SpendAmounts;
}

type WrittenCell = readonly [
  product: string | null,
  model: string | null,
  net: string,
  list: string | null,
  requests: number | null,
];

/** Reports state amounts in USD alone. */
const CURRENCY = "USD";

/** Writes the cells of a day as text; equal figures are equal texts. */
export function writeCells(cells: readonly DayCell[]): string {
  const written = cells.map(
    ({ product, model, measure: { net, list, requests } }): WrittenCell => [
      product,
      model,
      formatDecimal(net.cents),
      list && formatDecimal(list.cents),
      requests,
    ],
  );
  const sorted = written.map((cell) => JSON.stringify(cell)).sort();
  return `[${sorted.join(",")}]`;
}

/** Reads the cells of a day. Throws RangeError for a text of another form. */
export function readCells(text: string): readonly DayCell[] {
  return (JSON.parse(text) as readonly WrittenCell[]).map(([product, model, net, list, requests]) => ({
    product,
    model,
    measure: {
      net: { cents: amountIn(net), currency: CURRENCY },
      list: list === null ? null : { cents: amountIn(list), currency: CURRENCY },
      requests,
    },
  }));
}

function amountIn(text: string): Decimal {
  const amount = parseDecimal(text);
  if (amount === null) throw new RangeError("not an amount");
  return amount;
}
