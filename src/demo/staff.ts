/** Staff at the centre's pages: reads a page and sends its forms as a browser does. */
import { check } from './story.ts';

interface Answered {
  readonly status: number;
  readonly html: string;
}

export interface Staff {
  /** The text of a page, which must be there. */
  page(path: string): Promise<string>;
  /** The patient's page must show these words. */
  requireOnPage(patient: { readonly id: string; readonly said: string }, ...words: readonly string[]): Promise<void>;
  /** Fills in the form that posts to `path` on the page at `from`, and sends it. It must be taken: the browser is sent on to a page. */
  submit(from: string, path: string, fields: Readonly<Record<string, string>>): Promise<void>;
  /** Sends fields that no form on a page may offer, as somebody could by hand. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Answered>;
}

export function createStaff(origin: string): Staff {
  const page = async (path: string): Promise<string> => {
    const answer = await fetch(origin + path);
    const text = await answer.text();
    check(answer.status === 200, `the page ${path} opens`, answer.status);
    return text;
  };
  const post = async (path: string, fields: Readonly<Record<string, string>>): Promise<Answered> => {
    const answer = await fetch(origin + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { Origin: origin, 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams(fields),
    });
    return { status: answer.status, html: await answer.text() };
  };
  return {
    page,
    post,
    requireOnPage: async ({ id, said }, ...words) => {
      const text = textOf(await page(`/patients/${id}`)).toLowerCase();
      for (const word of words) check(text.includes(word.toLowerCase()), `the page of ${said} shows "${word}"`);
    },
    submit: async (from, path, fields) => {
      const hidden = hiddenFields(await page(from), path);
      check(hidden !== undefined, `the page ${from} offers the form for ${path}`);
      const { status, html } = await post(path, { ...hidden, ...fields });
      check(status === 303, `the form for ${path} is taken`, `${status} ${textOf(html).slice(0, 300)}`);
    },
  };
}

/** What the form carries without anybody typing it; undefined where the page has no such form. */
function hiddenFields(page: string, action: string): Record<string, string> | undefined {
  const start = page.indexOf(`action="${action}"`);
  if (start < 0) return undefined;
  const form = page.slice(start, page.indexOf('</form>', start));
  const inputs = form.match(/<input [^>]*type="hidden"[^>]*>/g) ?? [];
  return Object.fromEntries(inputs.map((input) => [attribute(input, 'name'), attribute(input, 'value')]));
}

const attribute = (tag: string, name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';

/** What a reader sees of a page, in one line. */
export const textOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
