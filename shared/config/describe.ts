import { nodeFlags } from "../runtime/node-flags.ts";
import { clientSettings } from "./client-settings.ts";
import {
  type CrossCheck,
  crossChecks,
  crossCheckText,
  ROLES,
  type Role,
  roleSettings,
} from "./roles.ts";
import { type Setting, type SettingGroup, settingNames } from "./setting.ts";
import { commonSettings } from "./settings.ts";

const HELP_COLUMNS = 100;
const TITLES: Readonly<Record<Role, string>> = {
  gateway: "Gateway",
  dispatcher: "Dispatcher",
  hooks: "Hooks",
  doctor: "Doctor",
  kinds: "Kinds",
  store: "Store",
  ops: "Ops",
};
const ARGUMENTS: Readonly<Partial<Record<Role, string>>> = {
  hooks: "[status | resume | replay | dead] ",
  kinds: "[apply <file>] ",
  store: "<command> ",
  ops: "<command> ",
};
/** The commands of a role that has several, each with what it does. */
const ROLE_COMMANDS: Readonly<Partial<Record<Role, readonly (readonly [string, string])[]>>> = {
  store: [
    ["plan", "prints what differs from the settings"],
    ["apply", "makes the stores as the settings say"],
    ["backup <folder>", "saves all that is kept"],
    ["restore <folder>", "puts a backup into a NATS"],
    ["move", "puts all that is kept into the NATS of --to"],
    ["leave <server>", "has the copies of a nats-server made on others"],
    ["purge <video>", "erases all that is kept of a video"],
  ],
  ops: [
    ["who video <video>", "says where its viewers are"],
    ["who actor <actor>", "lists an actor's connections"],
    ["disconnect actor <actor>", "ends them"],
    ["disconnect connection <id>", "ends one"],
    ["drain <gateway>", "sends its viewers to the others, and ends it"],
    ["limit <setting>=<number>", "changes a limit for a time; =default ends that"],
  ],
};
const COMMAND_COLUMNS = 28;

/** Lines as they may be pasted; each needs the settings of the NATS besides. */
const EXAMPLES: Readonly<Partial<Record<Role, readonly string[]>>> = {
  hooks: [
    "ovation hooks --hooks-url https://backend.example.com/ovation --hooks-secret-file hooks-secret",
    "ovation hooks status",
    "ovation hooks replay --since 2h",
  ],
  kinds: ["ovation kinds", "ovation kinds apply kinds.yaml"],
  store: ["ovation store plan", "ovation store backup backups/today"],
  ops: ["ovation ops who video launch", "ovation ops disconnect actor troll"],
};

function exampleLines(role: Role): readonly string[] {
  const examples = EXAMPLES[role] ?? [];
  return examples.length === 0 ? [] : ["Examples:", ...examples.map((line) => `  ${line}`), ""];
}

function commandLines(role: Role): readonly string[] {
  const lines = (ROLE_COMMANDS[role] ?? []).map(
    ([command, doc]) => `  ${command.padEnd(COMMAND_COLUMNS)}${doc}`,
  );
  return lines.length === 0 ? [] : [...lines, ""];
}

const SCRIPTS: Readonly<Record<Role, string>> = {
  gateway: "gateway/main.ts",
  dispatcher: "dispatcher/main.ts",
  hooks: "hooks/main.ts",
  doctor: "cli/doctor/main.ts",
  kinds: "cli/kinds/main.ts",
  store: "cli/store/main.ts",
  ops: "cli/ops/main.ts",
};

/** What `--help` prints: every setting of the role, with its names, default and limits. */
export function helpText(role: Role): string {
  const groups = [
    helpGroup("Common settings", commonSettings),
    helpGroup(`${TITLES[role]} settings`, roleSettings[role]),
  ];
  return [
    ...wrapped(
      `Usage: node ${SCRIPTS[role]} ${ARGUMENTS[role] ?? ""}[--flag value | --flag=value ...]`,
      0,
    ),
    "",
    ...commandLines(role),
    ...exampleLines(role),
    ...wrapped(
      "Each setting has a flag and an environment variable. Flags override the environment, which overrides the default. Unknown flags and unknown OVATION_ variables are refused.",
      0,
    ),
    "",
    "  -h, --help",
    "      Prints this text.",
    "",
    groups.join("\n\n"),
    "",
  ].join("\n");
}

/** The full text of docs/configuration.md. */
export function configurationPage(): string {
  return [
    "<!-- Generated from shared/config/ by scripts/write-docs.ts: do not edit. -->",
    "# Configuration",
    "",
    "A gateway, a dispatcher, `ovation hooks`, the doctor, `ovation kinds`, `ovation store` and `ovation ops` take their settings from flags and from the environment. A flag overrides the environment, which overrides the default. `node gateway/main.ts --help`, `node dispatcher/main.ts --help` and `node cli/doctor/main.ts --help` print the settings on this page.",
    "",
    "- A flag is written `--port 8080` or `--port=8080`, a switch `--share-port`, `--no-share-port` or `--share-port=true`. When a flag is given more than once, the last one counts.",
    "- An empty environment variable counts as unset. Where a row names two, the first takes precedence; the second is OpenTelemetry's own.",
    "- Unknown flags, unknown variables that begin with `OVATION_` and values outside their limits are refused: the process names all faults at once and does not start. The environment may hold settings of the other roles, which are ignored; `OVATION_TEST_` and `OVATION_LOCAL_` belong to the tests and the local stack.",
    "- On Kubernetes, set `enableServiceLinks: false`: otherwise a service named `ovation` or `ovation-…` adds variables of its own, such as `OVATION_PORT`, to each pod.",
    "- Secrets, and users and passwords in URLs, are never logged.",
    `- \`npm run gateway\` passes \`${nodeFlags("gateway").join(" ")}\` to node. Do the same if you start \`node gateway/main.ts\` in another way: without it, V8's young generation takes as much memory again as the viewers.`,
    "",
    pageGroup("Common", "Settings of all roles.", commonSettings),
    "",
    ...ROLES.flatMap((role) => [
      pageGroup(TITLES[role], `Settings of the ${role} alone.`, roleSettings[role]),
      "",
    ]),
    pageGroup(
      "Commands that use a gateway",
      "Settings of `ovation tail`, `publish`, `ban` and the others that speak to a gateway over HTTP; each has flags of its own, which its `--help` lists.",
      clientSettings,
    ),
    "",
  ].join("\n");
}

/**
 * A group of settings in a help text.
 * @param hasEnvironment whether its settings may be given by the environment too
 */
export function helpGroup(title: string, group: SettingGroup, hasEnvironment = true): string {
  const settings = Object.entries(group).map(([key, setting]) => {
    const { flag, env } = settingNames(key);
    const heading = setting.isSwitch
      ? `${flag}, ${flag.replace("--", "--no-")}`
      : `${flag} <value>`;
    return [
      `  ${heading}`,
      ...wrapped(docOf(setting).replaceAll("`", ""), 6),
      ...(hasEnvironment ? wrapped(`Environment: ${envNames(env, setting).join(", ")}`, 6) : []),
      ...wrapped(`Default: ${setting.defaultText ?? "unset"}`, 6),
      ...wrapped(`Allowed: ${setting.allowed}`, 6),
    ].join("\n");
  });
  const rules = rulesOf(group).flatMap((check) =>
    wrapped(`${crossCheckText(check, (key) => settingNames(key).flag)}.`, 2),
  );
  return [`${title}:`, ...settings, ...(rules.length > 0 ? [rules.join("\n")] : [])].join("\n\n");
}

function pageGroup(title: string, intro: string, group: SettingGroup): string {
  const rows = Object.entries(group).map(([key, setting]) => {
    const { flag, env } = settingNames(key);
    const { defaultText, allowed } = setting;
    const cells = [
      `\`${flag}\``,
      envNames(env, setting)
        .map((name) => `\`${name}\``)
        .join(", "),
      defaultText === undefined ? "unset" : `\`${defaultText}\``,
      allowed,
      docOf(setting),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const rules = rulesOf(group).map(
    (check) => `${crossCheckText(check, (key) => `\`${settingNames(key).flag}\``)}.`,
  );
  return [
    `## ${title}`,
    "",
    [intro, ...rules].join(" "),
    "",
    "| setting | environment | default | allowed | what it does |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function envNames(env: string, { standardEnv }: Setting<unknown>): readonly string[] {
  return standardEnv === undefined ? [env] : [env, standardEnv];
}

function docOf(setting: Setting<unknown>): string {
  return setting.secret ? `${setting.doc} Secret: never logged.` : setting.doc;
}

function rulesOf(group: SettingGroup): readonly CrossCheck[] {
  return crossChecks.filter((check) => check.left in group && check.right in group);
}

/** Wraps at words within the help's width; a longer word gets a line of its own. */
export function wrapped(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > HELP_COLUMNS) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => " ".repeat(indent) + one);
}
