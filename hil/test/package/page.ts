// The commands of a page, in its order, each with the exit code that the page promises.

export interface PageCommand {
  line: string;
  exitCode: number;
}

/** Lines of all code blocks without a language. A comment `# exit code 3` says how a command ends; without one it ends with 0. */
export function commandsOf(page: string): PageCommand[] {
  const blocks = [...page.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
  return blocks
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.trim() !== '')
    .map((text) => {
      const [line, comment = ''] = text.split(/\s+#\s/);
      return { line: line.trim(), exitCode: Number(/exit code (\d+)/.exec(comment)?.[1] ?? 0) };
    });
}
