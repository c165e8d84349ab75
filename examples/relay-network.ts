// Relay's network for answers in parts (`@defer`), such as that of DEFERRED in relay.ts. The gateway sends parts in lists;
// Relay takes each alone, with its label and path.
import { type FetchFunction, type GraphQLResponse, Observable } from "relay-runtime";

/** For `Network.create`: reads answers in parts, and whole ones where an operation has none. */
export function fetchInParts(url: string): FetchFunction {
  return ({ text }, variables) =>
    Observable.create((sink) => {
      const leaving = new AbortController();
      const read = async () => {
        const response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "text/event-stream, application/json" },
          body: JSON.stringify({ query: text, variables }),
          signal: leaving.signal,
        });
        if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
          return sink.next(await response.json());
        let isComplete = false;
        for await (const event of eventsIn(response)) {
          isComplete = event.startsWith("event: complete");
          const data = /^data: (.+)$/m.exec(event)?.[1];
          if (data !== undefined) sink.next(partsOf(JSON.parse(data)));
        }
        if (!isComplete) throw new Error("The answer was cut off.");
      };
      read().then(
        () => sink.complete(),
        (fault) => sink.error(fault),
      );
      return () => leaving.abort();
    });
}

async function* eventsIn({ body }: Response): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (text + chunk).split("\n\n");
    text = events.pop() ?? "";
    yield* events;
  }
}

type Part = GraphQLResponse & { readonly incremental?: GraphQLResponse };

function partsOf({ incremental, ...first }: Part): GraphQLResponse {
  return incremental ?? (first as GraphQLResponse);
}
