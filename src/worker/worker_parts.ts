/** The parts of a worker that knows its config, and what they know of each other. */

import { type AccessFormat, accessFormat, jsonName } from "../core/access_format.ts";
import { inRanges } from "../core/http/ip_ranges.ts";
import { AccessLog } from "../log/access_log.ts";
import type { FromWorker, WorkerConfig } from "../protocol/messages.ts";
import type { System } from "../system/system.ts";
import { Jobs } from "./app/jobs.ts";
import { LifeCycle } from "./app/life_cycle.ts";
import { isPlainPort } from "./app/served_program.ts";
import { accessObserver } from "./access_observer.ts";
import { BlockingLimit } from "./blocking_limit.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Answers } from "./http/answers.ts";
import { BodyFailures } from "./http/body_failures.ts";
import { internalServerError } from "./http/faults.ts";
import { counted, useRequestIds } from "./http/request_id.ts";
import { Requests } from "./http/requests.ts";
import { WebSockets } from "./http/web_sockets.ts";
import { AnnouncedEnds } from "./listeners/announced_ends.ts";
import { flushTimeout } from "./listeners/drain.ts";
import { Draining } from "./listeners/draining.ts";
import { Listeners } from "./listeners/listeners.ts";
import { serveOptions } from "./listeners/serve_options.ts";
import { SlowClients } from "./listeners/slow_clients.ts";
import { SharedListeners } from "./listeners/shared_listeners.ts";
import { Pause } from "./pause.ts";
import { Reports } from "./reports.ts";
import { openSlot, type Slot } from "./slot.ts";
import { WorkerTasks } from "./tasks/worker_tasks.ts";
import { WorkerLog } from "./worker_log.ts";

export interface WorkerParts {
  readonly log: WorkerLog;
  readonly accessLog: AccessLog | null;
  readonly slot: Slot;
  readonly requests: Requests;
  readonly answers: Answers;
  readonly webSockets: WebSockets;
  readonly heartbeat: Heartbeat;
  readonly blockingLimit: BlockingLimit;
  readonly listeners: Listeners;
  readonly sharedListeners: SharedListeners;
  readonly slowClients: SlowClients;
  readonly lifeCycle: LifeCycle;
  readonly jobs: Jobs;
  readonly tasks: WorkerTasks;
  readonly draining: Draining;
}

/** Throws DenicornError `log-unwritable`. */
export function buildParts(
  system: System,
  config: WorkerConfig,
  send: (message: FromWorker) => void,
): WorkerParts {
  const { clock, host, network, processes } = system;
  const { log, accessLog } = openLogs(system, config);
  keepDescriptors(system, config);
  useRequestIds({
    header: config.requestIdHeader.toLowerCase(),
    isTrusted: inRanges(config.forwardedAllowIps),
    newId: counted(host.secret().slice(0, 13)),
  });
  const slot = openSlot(system, config.scoreboard, config.place);
  slot.writer.pid = host.pid;
  slot.writer.origin = clock.wall() - clock.monotonic();
  const tasks: WorkerTasks = new WorkerTasks(system, config, {
    ...{ log, writer: slot.writer, send },
    jobOf: (name) => jobs.jobOf(name),
  });
  const pause = new Pause(send);
  const lifeCycle = new LifeCycle(
    system,
    log,
    config,
    (name, payload, options) => tasks.enqueue(name, payload, options),
    (isReady) => pause.set("app", !isReady),
  );
  const jobs = new Jobs(
    ...[clock, log, lifeCycle, host.cronUnit()] as const,
    config.tasks?.areTaken === true ? (name, due) => tasks.addJob(name, due) : null,
  );
  const bodyFailures = new BodyFailures(log, clock);
  const requests = new Requests(
    slot.writer,
    clock,
    accessLog === null ? null : accessObserver(accessLog, system, config),
  );
  const answers = new Answers(requests, {
    context: lifeCycle.execution,
    isCompressing: config.compress === true,
    onAnnouncedEnd: (port) => announcedEnds.add(port),
    onFault: (entry, fault) => log.fault(entry, fault),
    bodyFailures,
  });
  const ports = () => new Set([...listeners.addresses, ...sharedListeners.addresses].map(({ port }) => port));
  const reports = new Reports(clock, slot, requests.entries, {
    slowRequest: config.slowRequest,
    onSlow: (entry, ms) => log.slow(entry, ms),
    send: (bytes) => send({ type: "counters", bytes }),
  });
  const onError = (error: unknown) => {
    bodyFailures.reported(error, requests.entries);
    return internalServerError();
  };
  const serving = serveOptions(config, {
    onError,
    onProxyRefused: (peer, because) => log.proxyRefused(peer, because),
  });
  const sharedListeners = new SharedListeners(system, config, {
    ...{ requests, serving },
    onFailure: (socket, error) => log.notAccepting(socket, error),
  });
  const listeners: Listeners = new Listeners(system, config, {
    ...{ serving, ports },
    // The bytes of the last response leave the process a moment after its end.
    isIdle: () => requests.inFlight === 0 && clock.monotonic() - requests.lastEnd >= flushTimeout,
    onScarce: (isScarce) => {
      requests.spareConnections(isScarce);
      pause.set("open-files", isScarce);
    },
    onLost: (isFull) => {
      send({ type: "closed" });
      log.listenersLost(isFull);
    },
    onAvailable: () => send({ type: "loaded" }),
    endKept: (count) => slowClients.endKept(count),
  });
  const announcedEnds = new AnnouncedEnds(system, requests, ports);
  const slowClients = new SlowClients(system, requests, {
    limits: config,
    ports,
    isPlain: (port) => isPlainPort(port, config),
    onEnded: (timeout, count) => log.slowClients(timeout, count),
  });
  const blockingLimit = new BlockingLimit(processes, clock, config);
  const heartbeat = new Heartbeat(clock, slot, requests, {
    interval: config.heartbeatInterval,
    restingInterval: config.restingHeartbeatInterval,
    onHeartbeat: () => {
      blockingLimit.extend();
      reports.report();
      listeners.check();
      sharedListeners.check();
    },
  });
  const draining = new Draining(system, config, {
    ...{ requests, listeners, slowClients },
    shared: sharedListeners,
    ports,
    isBusy: () => heartbeat.isBusy,
    onClosed: () => send({ type: "closed" }),
  });
  if (config.workerClass === "sync") requests.serveOneEach();
  const webSockets = new WebSockets(network, requests, {
    onFault: (request, error) => log.socketFault(request, error),
    onRefused: config.workerClass === "sync" ? (request) => log.webSocketRefused(request) : null,
  });
  return {
    ...{ log, accessLog, slot, requests, answers, webSockets, heartbeat, blockingLimit },
    ...{ listeners, sharedListeners, slowClients, lifeCycle, jobs, tasks, draining },
  };
}

function openLogs(system: System, config: WorkerConfig) {
  const { slot, role, thread, generation: gen, accessLogfile, areLogsRequired } = config;
  const { pid } = system.host;
  const place = thread === null ? { gen, pid } : { gen, pid, thread };
  const identity = role === "tasks" ? { taskWorker: slot, ...place } : { worker: slot, ...place };
  const log = new WorkerLog(system, config, identity, areLogsRequired);
  const accessLog = accessLogfile === undefined ? null : new AccessLog(system, {
    path: accessLogfile,
    format: formatOf(config),
    worker: slot,
    isRequired: areLogsRequired,
  });
  return { log, accessLog };
}

/** Before the app is imported: what it starts must not inherit them. */
function keepDescriptors({ descriptors }: System, { fdInbox, sharedSockets }: WorkerConfig): void {
  if (fdInbox !== null) descriptors.keep(fdInbox);
  sharedSockets.forEach(({ descriptor }) => descriptors.keep(descriptor));
}

function formatOf({ accessLogformat, logFormat }: WorkerConfig): AccessFormat {
  const given = accessLogformat ?? (logFormat === "json" ? jsonName : "combined");
  // It has been accepted as a setting.
  return accessFormat(given)!;
}
