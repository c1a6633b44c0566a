import type { Commands } from "../../src/control/commands.ts";

/** Commands nobody expects to be given. */
export function fakeCommands(): Commands {
  return {
    status: () => unexpected("status"),
    settings: () => unexpected("settings"),
    reload: () => unexpected("reload"),
    scale: () => unexpected("scale"),
    upgrade: () => unexpected("upgrade"),
    reopen: () => unexpected("reopen"),
    stop: () => unexpected("stop"),
    follow: () => unexpected("follow"),
    handOver: () => unexpected("handOver"),
    retire: () => unexpected("retire"),
  };
}

function unexpected(command: string): never {
  throw new Error(`nobody asks for ${command}`);
}
