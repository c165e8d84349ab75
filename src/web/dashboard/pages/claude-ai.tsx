import type { PageProps } from "../page-props.ts";
import { ChatByDay, ChatTotals, ProductsByDay } from "../panels/claude-ai.tsx";
import { TopConnectors, TopProjects, TopSkills } from "../panels/rankings.tsx";

export function ClaudeAiPage({ place, rights }: PageProps) {
  return (
    <>
      {place.group === null ? (
        <>
          <ChatTotals place={place} span={12} />
          <ChatByDay place={place} span={6} />
          <ProductsByDay place={place} span={6} />
        </>
      ) : (
        <p className="note">
          Chats and active people are of the whole organization, so they are not shown for a group.
        </p>
      )}
      <TopSkills place={place} rights={rights} span={4} top={10} />
      <TopConnectors place={place} span={4} top={10} />
      <TopProjects place={place} rights={rights} span={4} top={10} />
    </>
  );
}
