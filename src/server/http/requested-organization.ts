import { badInput } from "../../errors.ts";
import type { RequestRecord } from "./request-record.ts";

/** The parameter that names the organization of the fields that name none. */
export const ORGANIZATION = "organization";

/** Returns the organization that a request names for all of its fields; null where it names none. Throws BAD_USER_INPUT. */
export function requestedOrganization({ organization, incoming }: RequestRecord): string | null {
  if (organization !== undefined) return organization;
  if (!incoming.target.includes(ORGANIZATION)) return null;
  const [, search = ""] = incoming.target.split(/\?(.*)/s, 2);
  const [name, ...more] = new URLSearchParams(search).getAll(ORGANIZATION);
  if (more.length > 0) throw badInput(`\`${ORGANIZATION}\` is given more than once.`);
  return name || null;
}
