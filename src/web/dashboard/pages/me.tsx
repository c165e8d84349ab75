import { useMemo } from "react";
import { formatDayWithYear } from "../../charts/format.ts";
import { Stat } from "../../charts/stat.tsx";
import { definitionOf } from "../define.ts";
import { nameOfPerson } from "../names.ts";
import type { PageProps } from "../page-props.ts";
import { Panel } from "../panel.tsx";
import { MySpendLimits } from "../panels/spend-limits.tsx";
import { rangeOf } from "../place.ts";
import { Stats } from "../stats.tsx";

/** A member's own figures. */
export function MyFiguresPage({ place }: PageProps) {
  const variables = useMemo(() => ({ range: rangeOf(place.period) }), [place.period]);
  return (
    <>
      <Panel
        title="Activity"
        document="MyFigures"
        part="user.activity"
        variables={variables}
        answerRows="user"
        span={8}
        height={190}
      >
        {({ user }) => {
          if (user?.activity == null) return null;
          const { chat, cowork, claudeCode } = user.activity;
          return (
            <>
              <Stats>
                <Stat
                  label="Messages"
                  value={chat.messages}
                  unit="count"
                  definition={definitionOf("ChatActivity.messages")}
                />
                <Stat
                  label="Chats"
                  value={chat.conversations}
                  unit="count"
                  definition={definitionOf("ChatActivity.conversations")}
                />
                <Stat
                  label="Projects"
                  value={chat.projectsCreated}
                  unit="count"
                  definition={definitionOf("ChatActivity.projectsCreated")}
                />
                <Stat
                  label="Artifacts"
                  value={chat.artifactsCreated}
                  unit="count"
                  definition={definitionOf("ChatActivity.artifactsCreated")}
                />
              </Stats>
              <Stats>
                <Stat
                  label="Cowork messages"
                  value={cowork.messages}
                  unit="count"
                  definition={definitionOf("CoworkActivity.messages")}
                />
                <Stat
                  label="Code sessions"
                  value={claudeCode.sessions}
                  unit="count"
                  definition={definitionOf("CodeActivity.sessions")}
                />
                <Stat
                  label="Commits"
                  value={claudeCode.commits}
                  unit="count"
                  definition={definitionOf("CodeActivity.commits")}
                />
                <Stat
                  label="Lines added"
                  value={claudeCode.linesAdded}
                  unit="count"
                  definition={definitionOf("CodeActivity.linesAdded")}
                />
              </Stats>
              <p className="compare-note">
                {nameOfPerson(user)}
                {user.activity.lastActiveOn !== null &&
                  `, last active on ${formatDayWithYear(user.activity.lastActiveOn)}`}
              </p>
            </>
          );
        }}
      </Panel>
      <Panel
        title="Spend"
        document="MyFigures"
        part="user.cost"
        variables={variables}
        answerRows="user"
        span={4}
        height={190}
        empty="No spend in this period."
      >
        {({ user }) =>
          user === null ? null : (
            <Stat
              label="Net spend"
              value={user.cost?.net.usd ?? null}
              unit="usd"
              definition={definitionOf("UserSummary.cost")}
            />
          )
        }
      </Panel>
      <MySpendLimits span={12} />
    </>
  );
}
