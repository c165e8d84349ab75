import type { PageProps } from "../page-props.ts";

export function MyFiguresPage(_props: PageProps) {
  return null;
}
