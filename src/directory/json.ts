import { parseJson, UnreadableFile } from "../operator-file.ts";
import { areColumnsRight, columnOf, type DirectoryColumn, type DirectoryFile, repeated } from "./columns.ts";
import { cellsOf, type Row } from "./row.ts";

/** Reads a JSON list of objects and reports every entry that cannot be read. */
export function jsonRows(text: string, source: DirectoryFile): readonly Row[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new UnreadableFile("is not a JSON list of objects");
  const entries = list.map((entry: unknown) =>
    typeof entry === "object" && entry !== null ? Object.entries(entry) : [],
  );
  const names = [...new Set(entries.flatMap((entry) => entry.map(([name]) => name)))];
  if (entries.length > 0 && !areColumnsRight(names, "in every entry", source)) return [];
  return entries.flatMap((entry, i): Row[] => {
    const where = `entry ${i + 1}`;
    const named = entry.flatMap(([name, value]) => {
      const column = columnOf(name, source);
      return column === null ? [] : [{ column, texts: textsOf(column, value) }];
    });
    const ill = named.filter(({ texts }) => texts === null);
    const twice = repeated(named.map(({ column }) => column));
    for (const { column } of ill)
      source.fault(
        where,
        `\`${column}\` is not a text${LISTS.includes(column) ? " or a list of texts" : ""}`,
      );
    for (const column of twice) source.fault(where, `\`${column}\` is given twice`);
    if (ill.length > 0 || twice.size > 0) return [];
    const values = named.flatMap(({ column, texts }) => (texts ?? []).map((each) => [column, each] as const));
    return [{ where, cells: cellsOf(values) }];
  });
}

/** Columns that may hold a list in JSON: a person can have several. */
const LISTS: readonly DirectoryColumn[] = ["alias", "team"];

/** Returns the texts of a value; null where it holds anything else. */
function textsOf(column: DirectoryColumn, value: unknown): readonly string[] | null {
  if (value === null) return [];
  const values: readonly unknown[] = Array.isArray(value) && LISTS.includes(column) ? value : [value];
  const texts = values.filter((each) => typeof each === "string");
  return texts.length < values.length ? null : texts;
}
