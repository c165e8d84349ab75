import type { PageProps } from "../page-props.ts";

export function ClaudeCodePage(_props: PageProps) {
  return null;
}
