import { type Check, ok } from "../check.ts";

export const library: Check = {
  name: "c-library",
  why:
    "Steering, passing sockets and shared memory need functions of the C library, which Denicorn calls by FFI.",
  change: "Use a system with glibc (a Debian image, not Alpine); from source, allow FFI (--allow-ffi or -A).",
  linuxOnly: true,
  onFailure: "problem",
  run({ system }) {
    // Any call loads the library; it does not matter that this socket does not exist.
    system.sockets.waiting(-1);
    return ok("glibc is loaded and works");
  },
};
