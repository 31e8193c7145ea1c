/** HTML as values: a template tag that escapes everything that is not HTML already. */

export interface Html {
  readonly html: string;
}

export type Content = Html | string | number | undefined | false | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

const isList = (content: Content): content is readonly Content[] => Array.isArray(content);

function print(content: Content): string {
  if (content === undefined || content === false) return '';
  if (isList(content)) return content.map(print).join('');
  return typeof content === 'object' ? content.html : escaped(String(content));
}

/** `` html`<p>${text}</p>` ``: text is escaped, Html goes in as it is, lists are joined, undefined and false vanish. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: strings.reduce((done, piece, i) => done + print(contents[i - 1]) + piece) };
}
