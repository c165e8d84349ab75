import { formatDay, MISSING } from "../../charts/format.ts";
import { NumberCell } from "../../charts/number-cell.tsx";
import { nameOfPerson } from "../names.ts";

/** The head of a row about a person: the name, with the address below it. */
export function PersonHead({ name, email }: { readonly name: string | null; readonly email: string | null }) {
  return (
    <th scope="row">
      {nameOfPerson({ name, email })}
      {name !== null && email !== null && <span className="ranking-detail">{email}</span>}
    </th>
  );
}

const ACTIVITY_HEADS = [
  "Last active",
  "Chat messages",
  "Cowork messages",
  "Code sessions",
  "Commits",
  "Lines added",
] as const;

/** Columns of a table with a row for each person: the head and what they did. */
export const PERSON_COLUMNS = 1 + ACTIVITY_HEADS.length;

/** The heads of `ActivityCells`. */
export function ActivityHeads() {
  return ACTIVITY_HEADS.map((head) => (
    <th key={head} scope="col" className="numeric">
      {head}
    </th>
  ));
}

interface Activity {
  readonly lastActiveOn: string | null;
  readonly chat: { readonly messages: number };
  readonly cowork: { readonly messages: number };
  readonly claudeCode: {
    readonly sessions: number | null;
    readonly commits: number;
    readonly linesAdded: number;
  };
}

/** What a person did; without activity each cell says that it is missing. */
export function ActivityCells({ activity }: { readonly activity: Activity | null | undefined }) {
  return (
    <>
      <td className="numeric">
        {activity?.lastActiveOn == null ? MISSING : formatDay(activity.lastActiveOn)}
      </td>
      <NumberCell unit="count" value={activity?.chat.messages} />
      <NumberCell unit="count" value={activity?.cowork.messages} />
      <NumberCell unit="count" value={activity?.claudeCode.sessions} />
      <NumberCell unit="count" value={activity?.claudeCode.commits} />
      <NumberCell unit="count" value={activity?.claudeCode.linesAdded} />
    </>
  );
}
