import type { PageProps } from "../page-props.ts";

export function ClaudeAiPage(_props: PageProps) {
  return null;
}
