import { clock } from "./clock.ts";
import { openFdInbox, openFdPair, sendDescriptors, sendOverPair } from "./network/fd_passing.ts";
import { files } from "./files/deno_files.ts";
import { host } from "./host/deno_host.ts";
import { takeInherited } from "./network/inherited_socket.ts";
import { keepFromChildren } from "./processes/inheritance.ts";
import { network } from "./network/deno_network.ts";
import { openFiles } from "./open_files.ts";
import { processes } from "./processes/deno_processes.ts";
import { closeReceived } from "./network/received_descriptors.ts";
import { sharedMemory } from "./shared_memory.ts";
import type { System } from "./system.ts";
import { tcpSockets } from "./network/tcp_sockets.ts";
import { unixSockets } from "./network/unix/unix_sockets.ts";

const descriptors = {
  open: openFdInbox,
  pair: openFdPair,
  take: takeInherited,
  keep: keepFromChildren,
  send: sendDescriptors,
  sendOver: sendOverPair,
  close: closeReceived,
};

/** The real system, by the functions of Deno. */
export function createSystem(): System {
  return {
    clock,
    host,
    files,
    processes,
    network,
    sockets: tcpSockets,
    unixSockets,
    descriptors,
    memory: sharedMemory,
    openFiles,
    nodeHttp: async () => (await import("./network/deno_node_http.ts")).nodeHttp,
    databases: async () => (await import("./database/sqlite_database.ts")).databases,
    servedFolder: async (root) => (await import("./files/served_folder.ts")).servedFolder(root),
  };
}
