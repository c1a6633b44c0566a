import { defineConfig } from "denicorn";

export default defineConfig({
  bind: "127.0.0.1:8000",
  minTaskWorkers: 2,
  maxTaskWorkers: 4,
  taskConcurrency: 1,
  taskStore: "memory:",
});
