import { unknownField } from "../operator-file.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Reports what is wrong with an entry of an operator's file, without a value of the file. */
export type ReportEntryFault = (where: string, what: string) => void;

const MAX_NAME = 100;

/** Returns the fields of an object of an operator's file; null after a fault. */
export function fieldsOf(
  value: unknown,
  where: string,
  known: readonly string[],
  fault: ReportEntryFault,
): Fields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault(where, "is not a JSON object");
    return null;
  }
  for (const name of Object.keys(value)) if (!known.includes(name)) fault(where, unknownField(name, known));
  return value as Fields;
}

/** Returns the text of a field that names something; null after a fault. */
export function wordsIn(
  value: unknown,
  field: string,
  where: string,
  fault: ReportEntryFault,
): string | null {
  if (typeof value === "string" && value.trim() !== "" && value.length <= MAX_NAME && !/\p{Cc}/u.test(value))
    return value.normalize("NFC").trim();
  fault(where, `\`${field}\` is not a text of 1 to ${MAX_NAME} characters`);
  return null;
}
