import { createHash } from 'node:crypto';

const STYLE = `
  :root { color-scheme: light dark }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.1rem/1.5 system-ui, sans-serif }
  main { max-width: 34rem; padding: 2rem }
  h1 { font-size: 1.6rem; margin: 0 0 .5rem }
`;

/** The page that a refused visitor reads, unless the option `ban.template` brings another one. */
export const DEFAULT_TEMPLATE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{title}}</title>
<style>${STYLE}</style>
<main>
  <h1>{{title}}</h1>
  <p>{{message}}</p>
  <p>If you think that this is a mistake, please contact the owner of this site and name your IP address: {{ip}}.</p>
</main>
</html>
`;

/** What a template may name as `{{title}}`. */
export const PLACEHOLDERS = ['title', 'message', 'ip', 'remediation', 'origin', 'status'] as const;

export type PageValues = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

const PLACEHOLDER = /\{\{\s*(\w*)\s*\}\}/g;

/** Fills a template in. Every value is escaped, for text and for quoted attributes. */
export function renderPage(template: string, values: PageValues): string {
  return template.replace(PLACEHOLDER, (_, name: string) => escapeHtml(values[name as keyof PageValues]));
}

/** The names in a template that stand for nothing. */
export function unknownPlaceholders(template: string): readonly string[] {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  return names.filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
}

/** Nothing runs and nothing is loaded: of a page, only its own `<style>` elements apply, each by its hash. */
export function contentSecurityPolicy(template: string): string {
  const styles = [...template.matchAll(/<style\b[^>]*>([\s\S]*?)<\/style\s*>/gi)].map(([, style = '']) =>
    hashOf(style),
  );
  const styleSrc = styles.length === 0 ? '' : `style-src ${styles.join(' ')}; `;
  return `default-src 'none'; ${styleSrc}base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** A source of a content security policy: what is inline and reads like this. A browser reads every line end as a line feed first. */
export function hashOf(style: string): string {
  return `'sha256-${createHash('sha256').update(style.replace(/\r\n?/g, '\n')).digest('base64')}'`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML shows it, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
