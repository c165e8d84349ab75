import type { PageProps } from "../page-props.ts";
import { AcceptanceByTool, CodeLeaders, CodeModels, CodePeople } from "../panels/claude-code.tsx";
import { CodeByDay } from "../panels/code-by-day.tsx";
import { TopPlugins } from "../panels/rankings.tsx";
import { DAILY_LIMIT } from "../panels/too-many-days.tsx";
import { mostDaysIn } from "../place.ts";

export function ClaudeCodePage({ place, rights }: PageProps) {
  return (
    <>
      <CodeByDay place={place} rights={rights} span={12} />
      <AcceptanceByTool place={place} rights={rights} span={6} />
      <CodePeople place={place} rights={rights} span={6} />
      {rights.people && <CodeLeaders place={place} rights={rights} span={4} />}
      {rights.spend && <CodeModels place={place} rights={rights} span={4} />}
      <TopPlugins place={place} span={mostDaysIn(place.period) > DAILY_LIMIT ? 12 : 4} top={10} />
    </>
  );
}
