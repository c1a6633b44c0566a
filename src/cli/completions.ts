/** Completion scripts for bash, zsh and fish, made from the tables of commands and settings. */

import { type CommandOption, generalOptions } from "../settings/command_line.ts";
import type { Completion } from "../settings/kinds/kind.ts";
import { namedSettings } from "../settings/settings.ts";
import type { Command, Word } from "./command.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = typeof shells[number];

/** What installs the completions in each shell, once. */
export const completionSteps: Readonly<Record<Shell, string>> = {
  bash: "echo 'source <(denicorn completions bash)' >> ~/.bashrc",
  zsh: "echo 'autoload -U compinit && compinit && source <(denicorn completions zsh)' >> ~/.zshrc",
  fish:
    "mkdir -p ~/.config/fish/completions && denicorn completions fish > ~/.config/fish/completions/denicorn.fish",
};

/** The script for `shell` to source. */
export function renderCompletions(shell: Shell, commands: readonly Command[]): string {
  return { bash: renderBash, zsh: renderZsh, fish: renderFish }[shell](commands);
}

interface Flag {
  readonly name: string;
  readonly short: string | undefined;
  /** `undefined` for a flag without a value. */
  readonly placeholder: string | undefined;
  readonly completion: Completion | undefined;
  readonly repeatable: boolean;
  readonly description: string;
}

const settingFlags: readonly Flag[] = namedSettings
  .filter(({ flag }) => flag !== false)
  .flatMap(({ name, short, placeholder, completion, repeatable, description, canBeOff, isSwitch }) => [
    isSwitch
      ? withoutValue(name, description)
      : { name, short, placeholder, completion, repeatable, description },
    ...(canBeOff ? [withoutValue(`no-${name}`, `Turns ${name} off.`)] : []),
  ]);

function withoutValue(name: string, description: string): Flag {
  return {
    ...{ name, description },
    short: undefined,
    placeholder: undefined,
    completion: undefined,
    repeatable: false,
  };
}

function optionFlag({ name, short, placeholder, choices, description }: CommandOption): Flag {
  const completion = choices ?? (placeholder === "FILE" ? "file" : undefined);
  return { name, short, placeholder, completion, repeatable: false, description };
}

function flagsOf({ takesSettings, options }: Command): Flag[] {
  return [...(takesSettings ? settingFlags : []), ...[...options, ...generalOptions].map(optionFlag)];
}

function spellings({ name, short }: Flag): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

function names(named: readonly { readonly name: string }[]): string[] {
  return named.map(({ name }) => name);
}

/** The words that may come first, and for `tasks list` those that may follow `tasks`. */
function wordLevels(words: readonly Word[]): { first: Word[]; following: Map<string, Word[]> } {
  const split = words.map((word) => ({ word, parts: word.name.split(" ") }));
  const following = Map.groupBy(
    split.filter(({ parts }) => parts.length > 1),
    ({ parts: [first = ""] }) => first,
  );
  return {
    first: split.filter(({ parts }) => parts.length === 1).map(({ word }) => word),
    following: new Map(
      Array.from(following, ([first, found]) => [
        first,
        found.map(({ word, parts }) => ({ ...word, name: parts.slice(1).join(" ") })),
      ]),
    ),
  };
}

/** In single quotes, for bash and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function renderBash(commands: readonly Command[]): string {
  // compgen splits words at IFS: at newlines only, so that paths may contain spaces.
  const fromWords = (words: readonly string[]) => `($(compgen -W $'${words.join("\\n")}' -- "$cur"))`;
  const fromPaths = (kind: "-f" | "-d") =>
    `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen ${kind} -- "$cur"))`;
  const reply = (completion: Completion) =>
    completion === "file"
      ? fromPaths("-f")
      : completion === "directory"
      ? fromPaths("-d")
      : `COMPREPLY=${fromWords(completion)}`;
  const byName = new Map(commands.flatMap(flagsOf).map((flag) => [flag.name, flag]));
  const values = [...byName.values()].filter(({ placeholder }) => placeholder !== undefined).map((flag) =>
    `    ${spellings(flag).join("|")}) ${
      flag.completion === undefined ? "" : `${reply(flag.completion)}; `
    }return ;;`
  );
  const flags = commands.map((command) =>
    `      ${command.name}) ${reply(flagsOf(command).flatMap(spellings))} ;;`
  );
  const operands = commands.flatMap(({ name, words, takesSettings }) => {
    if (words !== undefined) {
      const { first, following } = wordLevels(words);
      const later = Array.from(following, ([word, next]) => `${word}) ${reply(names(next))} ;; `).join("");
      const any = reply(names(first));
      return [`    ${name}) ${later === "" ? any : `case $prev in ${later}*) ${any} ;; esac`} ;;`];
    }
    return takesSettings ? [`    ${name}) ${reply("file")} ;;`] : [];
  });
  return `# To use it: source <(denicorn completions bash)
_denicorn() {
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=serve
  # bash splits --flag=value into three words.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if (( COMP_CWORD > 1 )); then
    case \${COMP_WORDS[1]} in
      ${names(commands).join("|")}) command=\${COMP_WORDS[1]} ;;
    esac
  fi
  COMPREPLY=()
  case $prev in
${values.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${flags.join("\n")}
    esac
    return
  fi
  case $command in
${operands.join("\n")}
  esac
  if (( COMP_CWORD == 1 )); then
    COMPREPLY+=${fromWords(names(commands))}
  fi
}
complete -F _denicorn denicorn
`;
}

function renderZsh(commands: readonly Command[]): string {
  const escape = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const action = (completion: Completion | undefined) =>
    completion === undefined
      ? " "
      : completion === "file"
      ? "_files"
      : completion === "directory"
      ? "_files -/"
      : `(${completion.join(" ")})`;
  const specs = (flag: Flag) => {
    const { repeatable, placeholder, description, completion } = flag;
    const once = repeatable ? "*" : `(${spellings(flag).join(" ")})`;
    return spellings(flag).map((spelling) => {
      if (placeholder === undefined) return quote(`${once}${spelling}[${escape(description)}]`);
      const joined = spelling.startsWith("--") ? `${spelling}=` : `${spelling}+`;
      return quote(`${once}${joined}[${escape(description)}]:${escape(placeholder)}:${action(completion)}`);
    });
  };
  const operand = ({ words, takesSettings }: Command) => {
    if (words === undefined) return takesSettings ? ["'1:APP:_files'"] : [];
    const { first, following } = wordLevels(words);
    const described = first.map(({ name, summary }) => `${name}\\:${JSON.stringify(escape(summary))}`);
    const later = Array.from(
      following,
      ([word, next]) =>
        quote(`2:command:{ (( \${words[(I)${word}]} )) && compadd -- ${names(next).join(" ")} }`),
    );
    return [quote(`1:operand:((${described.join(" ")}))`), ...later];
  };
  const cases = commands.map((command) =>
    [`    ${command.name})`, "      specs=("]
      .concat([...flagsOf(command).flatMap(specs), ...operand(command)].map((spec) => `        ${spec}`))
      .concat("      ) ;;").join("\n")
  );
  const described = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  return `#compdef denicorn
# To use it: source <(denicorn completions zsh)
_denicorn() {
  local command=serve
  local -a specs commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe -t commands command commands
    _files
    return
  fi
  case $words[2] in
    ${names(commands).join("|")})
      command=$words[2]
      shift words
      (( CURRENT-- )) ;;
  esac
  case $command in
${cases.join("\n")}
  esac
  _arguments -s -S : $specs
}
# When sourced it must register itself; when found on fpath it is called to complete.
if [[ $funcstack[1] == _denicorn ]]; then _denicorn "$@"; else compdef _denicorn denicorn; fi
`;
}

function renderFish(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`;
  const value = ({ placeholder, completion }: Flag) => {
    if (placeholder === undefined) return [];
    if (completion === undefined) return ["-x"];
    if (completion === "file") return ["-r", "-F"];
    if (completion === "directory") return ["-x", "-a", "'(__fish_complete_directories)'"];
    return ["-x", "-a", quoted(completion.join(" "))];
  };
  const complete = (condition: string, parts: readonly string[], description: string) =>
    ["complete -c denicorn", ...(condition === "" ? [] : ["-n", quoted(condition)]), ...parts, "-d"].join(
      " ",
    ) +
    ` ${quoted(description)}`;
  const flag = (condition: string, flag: Flag) =>
    complete(
      condition,
      [...(flag.short === undefined ? [] : ["-s", flag.short]), "-l", flag.name, ...value(flag)],
      flag.description,
    );
  const offers = (condition: string, words: readonly Word[]): string[] => {
    const { first, following } = wordLevels(words);
    return [
      ...first.map(({ name, summary }) => complete(condition, ["-f", "-a", name], summary)),
      ...Array.from(
        following,
        ([word, next]) => offers(`${condition}; and __fish_seen_subcommand_from ${word}`, next),
      )
        .flat(),
    ];
  };
  const withoutSettings = names(commands.filter(({ takesSettings }) => !takesSettings)).join(" ");
  const serves = withoutSettings === "" ? "" : `not __fish_seen_subcommand_from ${withoutSettings}`;
  return [
    "# To use it: denicorn completions fish | source",
    ...commands.map(({ name, summary }) => complete("__fish_use_subcommand", ["-a", name], summary)),
    ...generalOptions.map((option) => flag("", optionFlag(option))),
    ...settingFlags.map((setting) => flag(serves, setting)),
    ...commands.flatMap((command) => {
      const here = `__fish_seen_subcommand_from ${command.name}`;
      return [
        ...command.options.map((option) => flag(here, optionFlag(option))),
        ...offers(here, command.words ?? []),
      ];
    }),
  ].join("\n") + "\n";
}
