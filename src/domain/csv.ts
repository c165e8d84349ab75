/** CSV by RFC 4180, as the files of the gateway and those of its pages have it. */

/** A spreadsheet takes the wide forms of these signs for the signs. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const SPECIAL = /[",\n\r]/;

/** Text that a spreadsheet does not run: an apostrophe goes before what begins like a formula. */
export function inertText(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

export function quoted(text: string): string {
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A whole file: names of the columns, then the rows. */
export function csvText(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return [names, ...rows].map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}
