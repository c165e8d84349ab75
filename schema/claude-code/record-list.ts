import { codeDayRequests } from "../../src/loaders/claude-code.ts";
import { resolveRange } from "../../src/planning/range-input.ts";
import { rowsWanted } from "../../src/planning/rows.ts";
import { claudeCode } from "../../src/upstream/endpoints/claude-code.ts";
import { mapPages, pagesOf } from "../../src/upstream/pages/iterate.ts";
import { windowsOf } from "../../src/upstream/pages/windows.ts";
import { builder } from "../framework/builder.ts";
import { connect, forward } from "../framework/connection.ts";
import { consoleArg, ofConsole } from "../framework/organization.ts";
import { DateRange } from "../framework/range.ts";
import { ClaudeCodeRecordConnection, recordDays, recordSubject } from "./record.ts";
import { ClaudeCodeFilter, keeps, refuseStrangers } from "./record-filter.ts";

builder.queryField("claudeCodeRecords", (t) =>
  t.field({
    requires: ["people"],
    type: ClaudeCodeRecordConnection,
    nullable: true,
    description:
      "Claude Code records of all actors, day by day; each day is one upstream request per thousand records. Errors: CURSOR_INVALID, TOO_EXPENSIVE, UPSTREAM_*.",
    sources: ["CLAUDE_CODE"],
    args: {
      range: t.arg({ type: DateRange, required: true, description: "UTC days." }),
      filter: t.arg({ type: ClaudeCodeFilter, description: "Records to include." }),
      ...consoleArg,
      ...forward,
    },
    ...ofConsole("records of Claude Code"),
    requests: ({ args, range }, ctx) => codeDayRequests(ctx, range, rowsWanted(args)),
    resolve: (_root, { range: rangeInput, filter, ...slice }, ctx) => {
      refuseStrangers(ctx, filter);
      const { range } = windowsOf(claudeCode, resolveRange(rangeInput, ctx.now()), ctx.now());
      const days = pagesOf(ctx.upstream, claudeCode, recordDays(range, ctx));
      const records = mapPages(days, ({ rows }) =>
        rows.filter(keeps(filter ?? {}, ctx.orgDirectory.aliases)),
      );
      return connect(
        ctx,
        slice,
        { field: "claudeCodeRecords", range, dataset: "CLAUDE_CODE", args: filter },
        records,
        recordSubject,
      );
    },
  }),
);
