// Programs that a binary has in bundles of their own: a worker needs no bundler, a master no request handling.
if (Deno.args[0] === "--worker") await import("./src/worker/worker_program.ts");
else if (Deno.args[0] === "--thread-host") await import("./src/worker/threads/host_program.ts");
else await import("./src/cli/program.ts");
