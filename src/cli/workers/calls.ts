/** One end of a channel of messages between two processes. */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** Functions that can be called over a channel. */
type Methods = { readonly [Name in string]: (...args: never[]) => unknown };

interface Call {
  readonly call: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Result {
  readonly result: number;
  readonly value?: unknown;
  /** The message of the error that was thrown instead. */
  readonly fault?: string;
}

/** Answers the calls that come over a channel. */
export function answerCalls(channel: Channel, methods: Methods): void {
  const answer = async ({ call, name, args }: Call): Promise<Result> => {
    try {
      const value = await methods[name]?.(...(args as never[]));
      return { result: call, value };
    } catch (fault) {
      return { result: call, fault: String(fault) };
    }
  };
  channel.onMessage((message) => {
    if (isOf<Call>(message, "call")) void answer(message).then((result) => channel.send(result));
  });
}

/** Returns a function that calls a method at the other end of a channel. */
export function callsOver<M extends Record<keyof M, (...args: never[]) => unknown>>(channel: Channel) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  channel.onMessage((message) => {
    if (!isOf<Result>(message, "result")) return;
    const { result, value, fault } = message;
    const call = waiting.get(result);
    waiting.delete(result);
    if (fault === undefined) call?.resolve(value);
    else call?.reject(new Error(fault));
  });
  return <Name extends keyof M & string>(
    name: Name,
    ...args: Parameters<M[Name]>
  ): Promise<Awaited<ReturnType<M[Name]>>> => {
    const call = ++last;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(call, answer);
    channel.send({ call, name, args } satisfies Call);
    return answer.promise as Promise<Awaited<ReturnType<M[Name]>>>;
  };
}

function isOf<T>(message: unknown, key: keyof T & string): message is T {
  return typeof message === "object" && message !== null && key in message;
}
