/** What the fields for typing have in common. */
import { asRecord, readValue } from '../../../questionnaire/value.ts';
import { type Html, html } from '../../html.ts';
import type { Field, Line } from '../view.ts';

/** What stands in the field: what was typed, else the answer as it is stored. */
export const wordsIn = ({ typed, answer }: Line): string => typed ?? plainWords(answer?.value ?? {});

function plainWords(value: object): string {
  const raw = readValue(value)?.raw;
  return raw === undefined || typeof raw === 'object' ? '' : String(raw);
}

/** The object that is the answer so far: a Quantity, a Reference, an Attachment. */
export const objectIn = ({ answer }: Line): Record<string, unknown> => asRecord(readValue(answer?.value ?? {})?.raw);

const problemsOf = ({ node, view }: Field): readonly string[] => view.problems.get(node.key) ?? [];

/** Says to assistive technology what describes a field, and whether something is wrong with it. */
export function describes({ field }: Pick<Line, 'field'>): Html {
  const invalid = problemsOf(field).length > 0;
  const required = field.view.state.at(field.node.key)?.inForce.required === true;
  return html`${field.describedBy !== '' && html` aria-describedby="${field.describedBy}"`}${invalid && html` aria-invalid="true"`}${required && html` aria-required="true"`}`;
}
