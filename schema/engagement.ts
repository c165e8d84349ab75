import type { Context } from "../src/context.ts";
import { parseDay } from "../src/domain/day.ts";
import type {
  ConversationUse,
  OfficeSessions as OfficeSessionsShape,
  SessionUse,
} from "../src/domain/engagement.ts";
import type { DayRange } from "../src/domain/range.ts";
import { badInput, GatewayError } from "../src/errors.ts";
import type { Endpoint } from "../src/upstream/endpoint.ts";
import { mapPages, walkOf, whole } from "../src/upstream/walk.ts";
import { windowsOf } from "../src/upstream/windows.ts";
import { distinct } from "./activity.ts";
import { builder } from "./builder.ts";
import { type Connection, connect, forward, type Slice } from "./connection.ts";
import { DateRange, type DateRangeInput, resolveRange } from "./range.ts";

export const OfficeSessions = builder.objectRef<OfficeSessionsShape>("OfficeSessions").implement({
  description: "Sessions of the Office agent, per application.",
  fields: (t) => ({
    excel: t.expose("excel", distinct("Sessions in Excel.")),
    outlook: t.expose("outlook", distinct("Sessions in Outlook.")),
    powerpoint: t.expose("powerpoint", distinct("Sessions in PowerPoint.")),
    word: t.expose("word", distinct("Sessions in Word.")),
  }),
});

/** The types that say where a skill or a connector took part; each noun has its own, so that they can grow apart. */
export function useTypes(noun: "Skill" | "Connector", tookPart: string) {
  const sessions = (name: string, product: string) =>
    builder.objectRef<SessionUse>(`${noun}${name}`).implement({
      description: `Use of a ${noun.toLowerCase()} in ${product}.`,
      fields: (t) => ({ sessions: t.expose("sessions", distinct(`Sessions that ${tookPart} it.`)) }),
    });
  return {
    Chat: builder.objectRef<ConversationUse>(`${noun}Chat`).implement({
      description: `Use of a ${noun.toLowerCase()} in chat.`,
      fields: (t) => ({
        conversations: t.expose("conversations", distinct(`Conversations that ${tookPart} it.`)),
      }),
    }),
    Code: sessions("Code", "Claude Code"),
    Cowork: sessions("Cowork", "Cowork"),
  };
}

/** The arguments of a list of things used. */
export const engagementArgs = {
  ...builder.args((t) => ({
    range: t.field({ type: DateRange, required: true, description: "UTC days, at most 366." }),
  })),
  ...forward,
};

/** A thing as it was used over a range; its fields that are people inherit the range. */
export type Measured<Row> = Row & { readonly range: DayRange };

/** One row per thing for the whole range, in upstream's order. */
export function engagement<Row, Node>(
  ctx: Context,
  endpoint: Endpoint<{ range: DayRange }, Row>,
  field: string,
  { range: asked, ...slice }: Slice & { range: DateRangeInput },
  nodeOf: (row: Row, range: DayRange) => Node | null,
  idOf: (node: Node) => string,
): Promise<Connection<Node>> {
  const { range, pieces } = windowsOf(endpoint, resolveRange(asked, ctx.now()), ctx.now());
  const questions = pieces.map((piece) => ({ range: piece }));
  const walk = mapPages(walkOf(ctx.upstream, endpoint, questions), ({ rows }) =>
    rows.map((row) => nodeOf(row, range)).filter((node) => node !== null),
  );
  return connect(ctx, slice, { field, range, dataset: endpoint.dataset }, walk, idOf);
}

export function measured<Row>(row: Row, range: DayRange): Measured<Row> {
  return { ...row, range };
}

/**
 * Projects, skills and connectors carry figures, so what an id names is the thing as measured over a range: two ranges in one
 * client cache must not overwrite each other.
 */
export function measuredId({ from, until }: DayRange, own: string): string {
  return `${from}:${until}:${own}`;
}

/** The thing a measured id names, by one filtered request. */
export async function loadMeasured<P extends { range: DayRange }, Row>(
  ctx: Context,
  endpoint: Endpoint<P, Row>,
  id: string,
  paramsOf: (range: DayRange, own: string) => P,
  ownOf: (row: Row) => string,
): Promise<Measured<Row>> {
  const [from = "", until = "", ...rest] = id.split(":");
  const range = { from: parseDay(from), until: parseDay(until) };
  if (range.from === null || range.until === null || range.from >= range.until || rest.length === 0) {
    throw badInput("This id is damaged; pass an `id` as it was given out.");
  }
  const own = rest.join(":");
  const { pieces } = windowsOf(endpoint, range as DayRange, ctx.now());
  const questions = pieces.map((piece) => paramsOf(piece, own));
  const row = (await whole(walkOf(ctx.upstream, endpoint, questions))).rows.find(
    (each) => ownOf(each) === own,
  );
  if (row === undefined)
    throw new GatewayError("NOT_FOUND", `Nothing of this id was used from ${from} until ${until}.`, {
      dataset: endpoint.dataset,
    });
  return measured(row, range as DayRange);
}
