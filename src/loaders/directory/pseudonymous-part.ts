import type { GroupMember } from "../../domain/group.ts";
import type { ThreadTurn } from "../../domain/pieces.ts";
import type { Pseudonyms } from "../../domain/pseudonym.ts";
import type { Endpoint } from "../../upstream/endpoint.ts";
import { groupMembers, groups } from "../../upstream/endpoints/groups.ts";
import { consoleMembers, enterpriseMembers } from "../../upstream/endpoints/members.ts";
import { byPseudonym } from "../../upstream/endpoints/pseudonymous.ts";
import type { DirectoryPart, Parts } from "./part.ts";

/** Made once for each part. */
const made = new WeakMap<Parts[DirectoryPart], Promise<Parts[DirectoryPart]>>();

/** Returns a part with pseudonyms in place of names, which take seconds for a large organization. */
export function pseudonymousPart<P extends DirectoryPart>(
  part: P,
  value: Parts[P],
  pseudonyms: Pseudonyms,
  turn: ThreadTurn,
): Promise<Parts[P]> {
  const rowsOf = <Row>(endpoint: Pseudonymous<Row>, rows: readonly Row[]) =>
    pseudonymousRows(endpoint, rows, pseudonyms, turn);
  const makers: { readonly [Q in DirectoryPart]: (value: Parts[Q]) => Promise<Parts[Q]> } = {
    ENTERPRISE_MEMBERS: (members) => rowsOf(enterpriseMembers, members),
    CONSOLE_MEMBERS: (members) => rowsOf(consoleMembers, members),
    GROUP_MEMBERS: async ({ groups: all, membersOf }) => {
      const masked = new Map<string, readonly GroupMember[]>();
      for (const [id, members] of membersOf)
        masked.set(
          id,
          byPseudonym(await rowsOf(groupMembers, members), ({ userId }) => userId),
        );
      return { groups: await rowsOf(groups, all), membersOf: masked };
    },
  };
  return made.getOrInsertComputed(value, () => makers[part](value)) as Promise<Parts[P]>;
}

type Pseudonymous<Row> = Pick<Endpoint<never, Row>, "pseudonymous">;

/** Rows that are made in one go, which takes a few milliseconds. */
const ROWS_A_TURN = 250;

/** Each part of the rows is in the order of its endpoint. */
async function pseudonymousRows<Row>(
  { pseudonymous }: Pseudonymous<Row>,
  rows: readonly Row[],
  pseudonyms: Pseudonyms,
  turn: ThreadTurn,
): Promise<readonly Row[]> {
  if (pseudonymous === undefined) return rows;
  const masked: Row[] = [];
  for (let begin = 0; begin < rows.length; begin += ROWS_A_TURN) {
    masked.push(...pseudonymous(rows.slice(begin, begin + ROWS_A_TURN), pseudonyms));
    await turn();
  }
  return masked;
}
