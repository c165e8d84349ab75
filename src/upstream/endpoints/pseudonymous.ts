import type { PseudonymKind, Pseudonyms } from "../../domain/pseudonym.ts";
import { badInput } from "../../errors.ts";

/** The ids that pseudonyms stand for. An id itself is refused: that it is there at all would be an answer. */
export function unmaskedIds(
  values: readonly string[],
  kind: PseudonymKind,
  pseudonyms: Pseudonyms,
): readonly string[] {
  return values.map((value) => pseudonyms.idOf(value, kind) ?? refuse());
}

function refuse(): never {
  throw badInput(
    "The filter has the id of a person that no answer gave you; you see people by pseudonym, so pass ids as answers show them.",
  );
}

/** Rows in an order that tells nothing of what stands behind the pseudonyms: that of the pseudonyms. */
export function byPseudonym<Row>(
  rows: readonly Row[],
  pseudonymOf: (row: Row) => string | null,
): readonly Row[] {
  const keyed = rows.map((row) => ({ row, key: pseudonymOf(row) ?? "" }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ row }) => row);
}
