import type { Aliases } from "../domain/organization.ts";
import type { DirectoryFile } from "./columns.ts";
import { addressIn, isAddress, type Row, valuesOf } from "./row.ts";

/** Resolves each alias to the first address of its person. Reports aliases of two people and circles. */
export function aliasesOf(rows: readonly Row[], source: DirectoryFile): Aliases {
  const { fault } = source;
  const stated = new Map<string, { readonly email: string; readonly where: string }>();
  for (const row of rows) {
    const email = addressIn(row, source)?.toLowerCase();
    const aliases = valuesOf(row, "alias");
    if (aliases.length === 0) fault(row.where, "`alias` is missing");
    if (!aliases.every(isAddress)) fault(row.where, "an `alias` is not an address");
    if (email === undefined) continue;
    for (const alias of aliases.map((each) => each.toLowerCase())) {
      const before = stated.get(alias);
      if (before !== undefined && before.email !== email)
        fault(row.where, `an alias is another person's already, on ${before.where}`);
      else if (alias !== email) stated.set(alias, { email, where: row.where });
    }
  }
  const resolved = new Map<string, string>();
  for (const [alias, { email, where }] of stated) {
    const passed = new Set([alias]);
    let first = email;
    for (let next: string | undefined = email; next !== undefined; next = stated.get(next)?.email) {
      if (passed.has(next)) {
        fault(where, "its aliases form a cycle");
        break;
      }
      passed.add(next);
      first = next;
    }
    resolved.set(alias, first);
  }
  return resolved;
}
