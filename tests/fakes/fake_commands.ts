import type {
  MasterCommands,
  Operations,
  RunningMaster,
  TaskAccess,
  WorkerAccess,
} from "../../src/control/master_commands.ts";

interface Expected {
  readonly commands?: Partial<MasterCommands>;
  readonly operations?: Partial<Operations>;
  readonly tasks?: Partial<TaskAccess>;
  readonly workers?: Partial<WorkerAccess>;
  readonly status?: RunningMaster["status"];
}

/** A master that takes only the commands the test expects. */
export function fakeRunningMaster(
  { commands = {}, operations = {}, tasks = {}, workers = {}, status }: Expected = {},
): RunningMaster {
  return {
    commands: strict(commands),
    operations: strict(operations),
    tasks: strict(tasks),
    workers: strict(workers),
    status: status ?? (() => unexpected("status")),
    history: () => ({ near: [], far: [] }),
    handOverCounters: () => unexpected("handOverCounters"),
    leaveStatusAt: () => {},
  };
}

function strict<Interface extends object>(expected: Partial<Interface>): Interface {
  return new Proxy(expected, {
    get: (target, name) => Reflect.has(target, name) ? Reflect.get(target, name) : unexpected(String(name)),
  }) as Interface;
}

function unexpected(name: string): never {
  throw new Error(`the test does not expect ${name}`);
}
