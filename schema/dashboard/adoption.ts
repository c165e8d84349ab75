import { artifactFiguresOn, chatOn } from "../../src/analytics/dashboard-days.ts";
import { decimalOf } from "../../src/domain/decimal.ts";
import { type Ratio, ratioOf } from "../../src/domain/ratio.ts";
import { builder } from "../framework/builder.ts";
import { onDashboard, page } from "./dashboard.ts";
import { besideDayBefore, DayCount, DayRatio } from "./day-figure.ts";
import { completeDaysField, DashboardDay, latestDay, type OnDay, seriesType } from "./series.ts";

const dayCount = (what: string) =>
  ({ type: DayCount, nullable: true, description: `${what} Null only beside an error.` }) as const;

const AdoptionDay = builder.objectRef<OnDay>("AdoptionDay").implement({
  description:
    "Use of Claude's features on one UTC day, beside the day before. Chats and projects cover the people in USER_ACTIVITY, which drops erased accounts.",
  interfaces: [DashboardDay],
  fields: (t) => ({
    conversations: t.field({
      ...dayCount(
        "Chats in claude.ai that people took part in: the different conversations of each person on the day, added up over people, since a conversation belongs to one person. Exact; not additive over days, since a chat that continues counts on each.",
      ),
      ...besideDayBefore(chatOn, ({ conversations }) => wholeOf(conversations)),
    }),
    messagesPerConversation: t.field({
      type: DayRatio,
      nullable: true,
      description:
        "Ratio of the messages that people sent in chat to the chats of the same day. Not additive. Null only beside an error.",
      ...besideDayBefore(chatOn, ({ messages, conversations }) =>
        conversations === null ? null : ratioOf(decimalOf(messages), decimalOf(conversations)),
      ),
    }),
    projectsCreated: t.field({
      ...dayCount("Chat projects created. Exact; additive over days."),
      ...besideDayBefore(chatOn, (chat) => wholeOf(chat.projectsCreated)),
    }),
    projectCreators: t.field({
      ...dayCount("Different people who created a chat project. Exact; not additive over days."),
      ...besideDayBefore(chatOn, (chat) => wholeOf(chat.projectCreators)),
    }),
    artifactsCreated: t.field({
      ...dayCount(
        "Artifacts created in any product, by any creator; Claude Code and Cowork count from 2026-08-17 on. Exact; additive over days.",
      ),
      ...besideDayBefore(artifactFiguresOn, ({ created }) => wholeOf(created)),
    }),
    artifactCreators: t.field({
      ...dayCount("Different people who created an artifact in any product. Exact; not additive over days."),
      ...besideDayBefore(artifactFiguresOn, ({ creators }) => wholeOf(creators)),
    }),
  }),
});

function wholeOf(count: number | null): Ratio | null {
  return count === null ? null : { numerator: BigInt(count), denominator: 1n };
}

export const AdoptionDashboard = page("AdoptionDashboard", "Adoption of Claude's features.");

onDashboard("featureAdoption", AdoptionDashboard, "Chats, projects, artifacts, connectors and skills.");

const AdoptionSeries = seriesType("AdoptionSeries", AdoptionDay);

builder.objectFields(AdoptionDashboard, (t) => ({
  latest: t.field({
    type: AdoptionDay,
    nullable: true,
    description:
      "The newest day that is certainly complete. Two upstream requests (per 1,000 people) for it and the day before, two more for artifacts. Null only beside an error.",
    ...latestDay,
  }),
  byDay: t.field({
    type: AdoptionSeries,
    nullable: true,
    description:
      "The same figures by day. One upstream request (per 1,000 people) for each day and one more for the day before the first, and as many again for artifacts; only for selected fields.",
    ...completeDaysField,
  }),
}));
