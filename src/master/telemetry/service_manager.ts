/** Tells the service manager that has started this server, such as systemd, how it is: sd_notify(3). */

import { drainLimit } from "../../core/pool/worker_state.ts";
import { noticeOf, watchdogInterval } from "../../core/telemetry/service_notice.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import type { System } from "../../system/system.ts";
import type { EventLog } from "./event_log.ts";

export interface ServiceManager {
  /** The Unix socket that takes notices. */
  readonly socket: string;
  /** Milliseconds between two signs of life; `null` if none are asked for. */
  readonly watchdog: number | null;
}

/** What sd_notify(3) and sd_watchdog_enabled(3) read. */
const variables = { socket: "NOTIFY_SOCKET", usec: "WATCHDOG_USEC", pid: "WATCHDOG_PID" } as const;

/**
 * The service manager that has started this process; `null` if none has. Call it once: no process that this one starts
 * may speak for the service, so the variables are removed.
 */
export function takeServiceManager(
  { host }: Pick<System, "host">,
  isSuccessor: boolean,
): ServiceManager | null {
  const [socket, usec, pid] = [variables.socket, variables.usec, variables.pid].map((name) => host.env(name));
  Object.values(variables).forEach((name) => host.setEnv(name, undefined));
  if (socket === undefined || !/^[/@]./.test(socket)) return null;
  return { socket, watchdog: watchdogInterval({ usec, pid }, host.pid, isSuccessor) };
}

interface NoticeOptions {
  readonly system: Pick<System, "clock" | "network">;
  readonly logger: Logger;
  readonly eventLog: Pick<EventLog, "follow">;
  readonly settings: () => Pick<Settings, "gracefulTimeout" | "shutdownTimeout" | "shutdownDelay">;
  /** How long the hook may take that a stop waits for (ms), 0 if there is none. */
  readonly exitHookTimeout: () => number;
  /** Resolves when this process is the master: an old one has said so to the service manager. */
  readonly isMain: Promise<void>;
}

/** Milliseconds beyond its limits that a stop takes: the last workers are reaped, files are removed. */
const stopMargin = 5_000;

/** Sends notices until the returned function is called. What cannot be sent is reported once. */
export function notifyServiceManager(
  { socket, watchdog }: ServiceManager,
  { system: { clock, network }, logger, eventLog, settings, exitHookTimeout, isMain }: NoticeOptions,
): () => void {
  let isReported = false;
  /** Of a successor nothing is sent before it is the master: it may fail. */
  let speaks = false;
  let last: string | null = null;
  const send = (notice: string) => {
    try {
      network.sendUnixNotice(socket, notice);
    } catch (error) {
      if (isReported) return;
      isReported = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger
        .warning`cannot notify the service manager: NOTIFY_SOCKET=${socket} (${reason}): it may call the service failed`;
    }
  };
  const end = () => {
    stopFollowing();
    stopPings();
  };
  const stopFollowing = eventLog.follow((event) => {
    const { gracefulTimeout, shutdownTimeout, shutdownDelay } = settings();
    const limits = shutdownDelay + drainLimit({ gracefulTimeout, shutdownTimeout }) + exitHookTimeout();
    const stopLimit = limits + stopMargin;
    const notice = noticeOf(event, { now: clock.monotonic(), stopLimit });
    if (notice === null) return;
    last = notice;
    if (speaks) send(notice);
    // Another process speaks for the service now.
    if (event.kind === "upgraded") end();
  });
  const stopPings = watchdog === null ? () => {} : clock.every(watchdog, () => speaks && send("WATCHDOG=1"));
  void isMain.then(() => {
    speaks = true;
    if (watchdog !== null) send("WATCHDOG=1");
    if (last !== null) send(last);
  });
  return end;
}
