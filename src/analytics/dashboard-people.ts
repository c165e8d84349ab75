import type { UserActivityRow } from "../domain/activity.ts";
import type { ArtifactCell } from "../domain/artifact.ts";
import { decimalOf } from "../domain/decimal.ts";
import { inPieces, type ThreadTurn } from "../domain/pieces.ts";
import { rankedBy } from "./ranking.ts";

/** Use of claude.ai chat over a day or a range. */
export interface ChatFigures {
  /** Null: not measured for someone. */
  readonly conversations: number | null;
  /** People with a chat; null as well. */
  readonly chatUsers: number | null;
  readonly messages: number;
  readonly projectsCreated: number;
  readonly projectCreators: number;
  readonly artifactsCreated: number;
  readonly artifactCreators: number;
}

/** Figures of all people's rows. A conversation belongs to one person, so people's counts add up. */
export async function chatFigures(rows: readonly UserActivityRow[], turn: ThreadTurn): Promise<ChatFigures> {
  const [conversations, projects, artifacts] = [new Counts(), new Counts(), new Counts()];
  let messages = 0;
  await inPieces(rows, turn, (row) => {
    conversations.add(inChat(row, ({ conversations }) => conversations));
    projects.add(inChat(row, ({ projectsCreated }) => projectsCreated) ?? 0);
    artifacts.add(inChat(row, ({ artifactsCreated }) => artifactsCreated) ?? 0);
    messages += inChat(row, ({ messages }) => messages) ?? 0;
  });
  return {
    conversations: conversations.isMeasured ? conversations.total : null,
    chatUsers: conversations.isMeasured ? conversations.positive : null,
    messages,
    projectsCreated: projects.total,
    projectCreators: projects.positive,
    artifactsCreated: artifacts.total,
    artifactCreators: artifacts.positive,
  };
}

/** Counts of people, one of each. */
class Counts {
  total = 0;
  /** People with a count above zero. */
  positive = 0;
  /** False: someone's is not measured. */
  isMeasured = true;

  add(count: number | null): void {
    if (count === null) this.isMeasured = false;
    if (count !== null && count > 0) this.positive++;
    this.total += count ?? 0;
  }
}

/** Of chat and, where the organization has it, of the chat half of the product that merges it with Cowork: they never overlap. */
function inChat(
  { chat, chatCowork }: UserActivityRow,
  count: (chat: UserActivityRow["chat"]) => number | null,
): number | null {
  const [own, merged] = [count(chat), chatCowork === null ? 0 : count(chatCowork.chat)];
  return own === null || merged === null ? null : own + merged;
}

/** Artifacts of every product, and who created them. */
export interface ArtifactFigures {
  readonly created: number;
  readonly creators: number;
}

/** The figures of a day's artifacts by creator. */
export async function artifactFigures(
  cells: readonly ArtifactCell[],
  turn: ThreadTurn,
): Promise<ArtifactFigures> {
  const creators = new Set<string>();
  let total = 0;
  await inPieces(cells, turn, ({ created, userId }) => {
    total += created;
    if (created > 0 && userId !== null) creators.add(userId);
  });
  return { created: total, creators: creators.size };
}

/** Projects a person used: a project used in chat and in the merged product must not count twice. */
export function projectsUsed({ chat, chatCowork }: UserActivityRow): number | null {
  const counts = [chat.projectsUsed, chatCowork?.chat.projectsUsed ?? null].filter((count) => count !== null);
  return counts.length === 0 ? null : Math.max(...counts);
}

/** Artifacts a person generated, in every product: each is made in one. */
export function artifactsGenerated({ chat, claudeCode, cowork, chatCowork }: UserActivityRow): number {
  return (
    chat.artifactsCreated +
    claudeCode.artifactsCreated +
    cowork.artifactsCreated +
    (chatCowork === null ? 0 : chatCowork.chat.artifactsCreated + chatCowork.sessions.artifactsCreated)
  );
}

/** A person and the measure of the ranking. */
export interface Leader {
  readonly activity: UserActivityRow & { readonly userId: string };
  readonly count: number;
}

/** How many the dashboard's rankings show. */
export const TOP = 10;

/** Ranks the people who have most of something, of those who have any; ties go by id. */
export async function leaders(
  rows: readonly UserActivityRow[],
  measure: (row: UserActivityRow) => number | null,
  turn: ThreadTurn,
): Promise<readonly Leader[]> {
  const people: Leader[] = [];
  await inPieces(rows, turn, (activity) => {
    const { userId } = activity;
    const count = measure(activity) ?? 0;
    if (userId !== null && count > 0) people.push({ activity: { ...activity, userId }, count });
  });
  const ranked = await rankedBy(
    people,
    ({ count }) => decimalOf(count),
    ({ activity }) => activity.userId,
    turn,
  );
  return ranked.slice(0, TOP).map(({ row }) => row);
}
