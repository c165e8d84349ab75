import type { ConversationUse, OfficeSessionCounts, SessionUse } from "../../src/domain/engagement.ts";
import { builder } from "../framework/builder.ts";
import { distinctField } from "./activity.ts";

export const OfficeSessions = builder.objectRef<OfficeSessionCounts>("OfficeSessions").implement({
  description: "Sessions of the Office agent, per application.",
  fields: (t) => ({
    excel: t.expose("excel", distinctField("Sessions in Excel.")),
    outlook: t.expose("outlook", distinctField("Sessions in Outlook.")),
    powerpoint: t.expose("powerpoint", distinctField("Sessions in PowerPoint.")),
    word: t.expose("word", distinctField("Sessions in Word.")),
  }),
});

/** The types that say where a skill or a connector took part; each noun has its own, so that they can grow apart. */
export function useTypes(noun: "Skill" | "Connector", tookPart: string) {
  const sessions = (name: string, product: string) =>
    builder.objectRef<SessionUse>(`${noun}${name}`).implement({
      description: `Use of a ${noun.toLowerCase()} in ${product}.`,
      fields: (t) => ({ sessions: t.expose("sessions", distinctField(`Sessions that ${tookPart} it.`)) }),
    });
  return {
    Chat: builder.objectRef<ConversationUse>(`${noun}Chat`).implement({
      description: `Use of a ${noun.toLowerCase()} in chat.`,
      fields: (t) => ({
        conversations: t.expose("conversations", distinctField(`Conversations that ${tookPart} it.`)),
      }),
    }),
    Code: sessions("Code", "Claude Code"),
    Cowork: sessions("Cowork", "Cowork"),
    ChatCowork: builder.objectRef<ConversationUse & SessionUse>(`${noun}ChatCowork`).implement({
      description: `Use of a ${noun.toLowerCase()} in the merged Chat and Cowork product, which counts neither as chat nor as Cowork.`,
      fields: (t) => ({
        conversations: t.expose("conversations", distinctField(`Conversations that ${tookPart} it.`)),
        sessions: t.expose("sessions", distinctField(`Sessions that ${tookPart} it.`)),
      }),
    }),
  };
}
