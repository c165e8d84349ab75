import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { Endpoint } from "../../upstream/endpoint.ts";
import { groupMembers, groups } from "../../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../../upstream/endpoints/members.ts";
import type { DirectoryPart, Parts } from "./part.ts";

const made = new WeakMap<Parts[DirectoryPart], Parts[DirectoryPart]>();

/** Returns a part with pseudonyms in place of names; it is made once per part. */
export function pseudonymousPart<P extends DirectoryPart>(
  part: P,
  value: Parts[P],
  pseudonyms: Pseudonyms,
): Parts[P] {
  const known = made.get(value);
  if (known !== undefined) return known as Parts[P];
  const makers: { readonly [Q in DirectoryPart]: (value: Parts[Q]) => Parts[Q] } = {
    ENTERPRISE_MEMBERS: (members) => pseudonymousRows(enterpriseMembers, members, pseudonyms),
    CONSOLE_MEMBERS: (members) => pseudonymousRows(consoleMembers, members, pseudonyms),
    GROUP_MEMBERS: ({ groups: all, membersOf }) => ({
      groups: pseudonymousRows(groups, all, pseudonyms),
      membersOf: new Map(
        [...membersOf].map(([id, members]) => [id, pseudonymousRows(groupMembers, members, pseudonyms)]),
      ),
    }),
  };
  const pseudonymous = makers[part](value);
  made.set(value, pseudonymous);
  return pseudonymous;
}

function pseudonymousRows<Row>(
  { pseudonymous }: Pick<Endpoint<never, Row>, "pseudonymous">,
  rows: readonly Row[],
  pseudonyms: Pseudonyms,
): readonly Row[] {
  return pseudonymous?.(rows, pseudonyms) ?? rows;
}
