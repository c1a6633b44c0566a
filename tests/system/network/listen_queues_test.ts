import {
  listenersBeside,
  listenersOn,
  waitingConnections,
} from "../../../src/system/network/listen_queues.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("listeners on the address of a socket are counted, by its inode", () => {
  const table =
    `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 100 0 0 10 0
   2: 0200007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 13 1 0 100 0 0 10 0
   3: 0100007F:1F40 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 14 1 0 100 0 0 10 0
`;
  assertEquals(["11", "12", "13", "15"].map((inode) => listenersBeside(table, inode)), [2, 2, 1, 0]);
  assertEquals([listenersOn(table, 8000), listenersOn(table, 8001)], [["11", "12", "13"], []]);
});

Deno.test("connections that wait are counted for listeners on our ports, of IPv4 and IPv6", () => {
  const table =
    `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F40 00000000:0000 0A 00000000:00000010 00:00000000 00000000  1000        0 2 1 0 100 0 0 10 0
   2: 0100007F:1F41 00000000:0000 0A 00000000:00000005 00:00000000 00000000  1000        0 3 1 0 100 0 0 10 0
   3: 0100007F:1F40 0100007F:D431 01 00000000:00000007 00:00000000 00000000  1000        0 4 1 0 100 0 0 10 0
   4: 00000000000000000000000001000000:1F40 00000000000000000000000000000000:0000 0A 00000000:00000001 00:0 0 0
`;
  assertEquals(waitingConnections(table, new Set([8000])), 20);
  assertEquals(waitingConnections(table, new Set([8000, 8001])), 25);
  assertEquals(waitingConnections("", new Set([8000])), 0);
});
