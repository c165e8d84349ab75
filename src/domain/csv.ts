/** Cells of CSV by RFC 4180, as the files of the gateway and those of its pages have them. */

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
