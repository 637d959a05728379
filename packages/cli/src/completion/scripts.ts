export type Shell = 'bash' | 'zsh' | 'fish';

interface Word {
  readonly word: string;
  readonly description: string;
}

/** What may follow a command. */
export interface CompletedCommand {
  /** The names that lead to it, without that of the program. */
  readonly path: readonly string[];
  readonly words: readonly Word[];
  readonly flags: readonly Word[];
}

const NAME = 'crowdsec-sdk';

/** Makes the script of a shell from the commands that there are. */
export const SCRIPTS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: (commands) => `# bash completion of ${NAME}
_crowdsec_sdk() {
  local current path word words
  current="\${COMP_WORDS[COMP_CWORD]}"
  path=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${commands.map(({ path }) => `      ${quoted(` ${path.join(' ')}`)}) path=${quoted(path.length === 0 ? '' : ` ${path.join(' ')}`)} ;;`).join('\n')}
    esac
  done
  case "$path" in
${commands.map((command) => `    ${quoted(pathText(command))}) words=${quoted(listed(command))} ;;`).join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _crowdsec_sdk ${NAME}
`,
  zsh: (commands) => `#compdef ${NAME}
_crowdsec_sdk() {
  local place word
  place=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
${commands.map((command) => `      ${quoted(` ${command.path.join(' ')}`)}) place=${quoted(pathText(command))} ;;`).join('\n')}
    esac
  done
  case "$place" in
${commands.map((command) => `    ${quoted(pathText(command))}) _values -w 'of ${NAME}' ${described(command)} ;;`).join('\n')}
  esac
}
compdef _crowdsec_sdk ${NAME}
`,
  fish: (commands) =>
    `# fish completion of ${NAME}\ncomplete -c ${NAME} -f\n${commands.map((command) => fishLines(command, commands)).join('')}`,
};

function pathText({ path }: CompletedCommand): string {
  return path.length === 0 ? '' : ` ${path.join(' ')}`;
}

function listed({ words, flags }: CompletedCommand): string {
  return [...words, ...flags].map(({ word }) => word).join(' ');
}

function described({ words, flags }: CompletedCommand): string {
  const escaped = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');
  return [...words, ...flags].map(({ word, description }) => quoted(`${word}[${escaped(description)}]`)).join(' ');
}

function fishLines({ path, words, flags }: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const isHere = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const further = commands.filter((other) => isBelow(other.path, path)).map((other) => other.path.at(-1)!);
  const isNotFurther = further.length === 0 ? [] : [`not __fish_seen_subcommand_from ${further.join(' ')}`];
  const condition = [...isHere, ...isNotFurther].join('; and ');
  const when = condition === '' ? '' : ` -n ${quoted(condition)}`;
  const lines = [
    ...words.map(({ word, description }) => `complete -c ${NAME}${when} -a ${quoted(word)} -d ${quoted(description)}`),
    ...flags.map(
      ({ word, description }) => `complete -c ${NAME}${when} -l ${quoted(word.slice(2))} -d ${quoted(description)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length === above.length + 1 && above.every((name, i) => path[i] === name);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
