// Two programs, which a binary has in bundles of their own: a worker needs no bundler, a master no request handling.
if (Deno.args[0] === "--worker") await import("./src/worker/worker_program.ts");
else await import("./src/cli/program.ts");
