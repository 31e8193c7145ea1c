/** Pictures that a questionnaire brings along inside itself; nothing is fetched from anywhere. */
import type { Extension } from 'fhir/r4';
import { asRecord } from '../../questionnaire/value.ts';
import { shownBy } from './rendering.ts';
import { type Speech, saidIn } from './speech.ts';

/** Kinds that hold no program. */
const SAFE: ReadonlySet<unknown> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Characters of base64: about a megabyte and a half. */
const LARGEST = 2_000_000;

export interface Picture {
  readonly source: string;
  readonly alternative: string;
}

export function pictureOf(
  holder: { readonly extension?: readonly Extension[] | undefined },
  name: 'itemMedia' | 'answerMedia',
  speech: Speech,
): Picture | undefined {
  const attachment = asRecord(shownBy(holder, name)[0]?.valueAttachment);
  const { contentType, data } = attachment;
  if (!SAFE.has(contentType) || typeof data !== 'string' || data.length > LARGEST || !BASE64.test(data)) return undefined;
  return { source: `data:${String(contentType)};base64,${data}`, alternative: saidIn(attachment, 'title', speech)?.text ?? '' };
}
