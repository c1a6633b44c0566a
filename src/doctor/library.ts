import { type Check, ok } from "./check.ts";

export const library: Check = {
  name: "c-library",
  why: "Steering, the passing of sockets and shared memory need functions of the C library, which Denicorn " +
    "calls by FFI.",
  change: "Run it where glibc is (a Debian image, not Alpine); from source, allow FFI (--allow-ffi or -A).",
  linuxOnly: true,
  onFailure: "problem",
  run({ system }) {
    // Any call loads the library; that there is no such socket does no harm.
    system.sockets.waiting(-1);
    return ok("glibc is loaded and answers");
  },
};
