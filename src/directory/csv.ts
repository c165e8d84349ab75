import { CsvError, parse } from "csv-parse/sync";
import { areColumnsRight, columnOf, type DirectoryFile, repeated } from "./columns.ts";
import { cellsOf, type Row } from "./row.ts";

interface CsvRecord {
  readonly record: string[];
  /** The text of the record in the file. */
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** Reads CSV with a header row and reports every line that cannot be read. */
export function csvRows(text: string, source: DirectoryFile): readonly Row[] {
  let records: CsvRecord[];
  try {
    records = parse(text, {
      info: true,
      raw: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as CsvRecord[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    source.fault(typeof error.lines === "number" ? `line ${error.lines}` : "", "this is not CSV");
    return [];
  }
  const [header, ...rows] = records;
  const headers = header?.record ?? [];
  const columns = headers.map((name) => columnOf(name, source));
  const first = `line ${header?.info.lines ?? 1}`;
  const separator = otherSeparator(headers);
  if (separator !== null) {
    source.fault(first, `the columns are separated by ${separator}; separate them by commas`);
    return [];
  }
  const twice = repeated(columns.filter((column) => column !== null));
  for (const column of twice) source.fault(first, `two columns are \`${column}\`; keep one of them`);
  if (!areColumnsRight(headers, first, source) || twice.size > 0) return [];
  return rows.map(({ record, raw, info }) => {
    const where = `line ${info.lines}`;
    // Aliases may run on beyond the last header; each is checked to be an address.
    const runsOn = columns.at(-1) === "alias" ? "alias" : null;
    if (record.length < columns.length || (record.length > columns.length && runsOn === null))
      source.fault(
        where,
        `the row has ${record.length} values for ${columns.length} columns; put values that contain a comma in quotes, and leave empty values between commas`,
      );
    else if (hasUnevenCommas(raw))
      source.fault(
        where,
        "only some commas are followed by a space, as in a value with a comma; put that value in quotes, or remove the space",
      );
    return { where, cells: cellsOf(record.map((value, i) => [columns[i] ?? runsOn, value])) };
  });
}

/**
 * Checks whether a comma between values without quotes has a blank after it while another comma has none. Unless an address follows, such
 * a comma is more likely part of a value: `…,Research, Development` has as many values as a file with a cost centre, and another meaning.
 */
function hasUnevenCommas(raw: string): boolean {
  const bare = raw.replace(/"(?:[^"]|"")*"/g, '""');
  return (
    /[^\s",],[ \t]+(?![^\s",]+@)[^\s",](?:[^",\r\n]*[^\s",])?(?=[,\r\n]|$)/.test(bare) && /,[^\s,]/.test(bare)
  );
}

/** Names the separator of a file with a header without commas; null where the header has commas. */
function otherSeparator([header = "", ...others]: readonly string[]): string | null {
  const found = others.length === 0 ? /[;\t|]/.exec(header)?.[0] : undefined;
  if (found === undefined) return null;
  return found === "\t" ? "tabs" : `\`${found}\``;
}
