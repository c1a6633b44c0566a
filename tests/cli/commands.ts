import type { Command } from "../../src/cli/command.ts";

/** Commands of every kind: with and without settings, with options, with words as operands. */
export const commands: readonly Command[] = [
  {
    name: "serve",
    usage: "[OPTIONS] APP",
    summary: "Run the app (the default command).",
    takesSettings: true,
    options: [],
  },
  {
    name: "settings",
    usage: "[OPTIONS] [APP]",
    summary: "Show every setting, its value and where it comes from: 'env' or [default].",
    takesSettings: true,
    options: [{
      name: "format",
      placeholder: "FORMAT",
      choices: ["text", "json"],
      description: "How to show them.",
    }],
  },
  {
    name: "ctl",
    usage: "[--socket FILE] COMMAND",
    summary: "Talk to a running server.",
    takesSettings: false,
    options: [
      { name: "socket", placeholder: "FILE", description: "Its control socket." },
      { name: "json", short: "j", description: "Answer in JSON." },
    ],
    words: [
      { name: "status", summary: "How it's doing: state of all workers." },
      { name: "reload", summary: "Roll to new workers." },
      { name: "tasks", summary: "Show what waits." },
      { name: "tasks list", summary: "Show some.", placeholder: "STATE" },
      { name: "tasks pause", summary: "Let nobody take any." },
    ],
  },
];
