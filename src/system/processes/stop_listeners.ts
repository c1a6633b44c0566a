/**
 * What the app listens for to clean up: SIGTERM and SIGINT, by `Deno.addSignalListener` or `process.on`. In a worker these
 * signals begin a drain, which its master usually asks for in another way, and clean-up before the last request has ended
 * would break it. So the listeners are kept, and called at the end of the drain.
 */

type StopSignal = "SIGTERM" | "SIGINT";

type Listener = (signal: StopSignal) => unknown;

/** What is used of `process`. */
interface NodeProcess {
  exit(code: number): never;
  emit(event: "beforeExit", code: number): boolean;
  listeners(event: StopSignal): Listener[];
}

const adders = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;

const kept: Record<StopSignal, Set<Listener>> = { SIGTERM: new Set(), SIGINT: new Set() };

/** Of the app; `null` if it does not use it: to load it takes 50 ms from source. */
let appProcess: NodeProcess | null = null;

/** Node lets programs listen for these, which tell of their own faults. Deno throws; NestJS listens for all signals. */
const neverSent: ReadonlySet<unknown> = new Set(["SIGILL", "SIGFPE", "SIGSEGV"]);

const isStop = (signal: unknown): signal is StopSignal => signal === "SIGTERM" || signal === "SIGINT";

/** Call it before the app is imported. `usesProcess`: the app may listen to events of `process`. */
export function keepStopListeners(usesProcess: boolean): void {
  const { addSignalListener, removeSignalListener } = Deno;
  replace("addSignalListener", (signal: Deno.Signal, listener: Listener) => {
    if (isStop(signal)) kept[signal].add(listener);
    else addSignalListener(signal, listener as () => void);
  });
  replace("removeSignalListener", (signal: Deno.Signal, listener: Listener) => {
    if (isStop(signal)) kept[signal].delete(listener);
    else removeSignalListener(signal, listener as () => void);
  });
  const found: unknown = usesProcess ? Reflect.get(globalThis, "process") : null;
  if (typeof found !== "object" || found === null) return;
  appProcess = found as NodeProcess;
  for (const name of adders) keepInProcess(found, name);
}

function replace(name: "addSignalListener" | "removeSignalListener", value: unknown): void {
  Object.defineProperty(Deno, name, { value, configurable: true, writable: true });
}

/** The emitter itself only notes a listener; the method of `process` also asks the runtime for the signal. */
function keepInProcess(process: object, name: typeof adders[number]): void {
  const own: unknown = Reflect.get(process, name);
  const noting = ofEmitter(process, name);
  if (typeof own !== "function" || noting === null) return;
  const value = (event: unknown, ...rest: unknown[]) =>
    Reflect.apply(isStop(event) || neverSent.has(event) ? noting : own, process, [event, ...rest]);
  Object.defineProperty(process, name, { value, configurable: true, writable: true });
}

/** The method of the class that all others extend. */
function ofEmitter(process: object, name: string): ((...args: unknown[]) => unknown) | null {
  let found = null;
  for (
    let prototype: object | null = process;
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    if (typeof value === "function") found = value as (...args: unknown[]) => unknown;
  }
  return found;
}

/** Calls those for `signal`, or for SIGINT if there are none. Resolves when they have finished; never rejects. */
export async function callStopListeners(onError: (error: unknown) => void): Promise<void> {
  const listeners = (signal: StopSignal) => [...kept[signal], ...appProcess?.listeners(signal) ?? []];
  const signal = listeners("SIGTERM").length > 0 ? "SIGTERM" : "SIGINT";
  await Promise.all(
    listeners(signal).map(async (listener) => {
      try {
        await listener(signal);
      } catch (error) {
        onError(error);
      }
    }),
  );
}

/** Ends this process as one that has nothing left to do, with the events of `process` where the app uses it. */
export function endAsApp(code: number): never {
  if (appProcess === null) Deno.exit(code);
  appProcess.emit("beforeExit", code);
  return appProcess.exit(code);
}
